"""How pages look, in both lights, and what each tells the server of the browser it is in."""

from __future__ import annotations

STYLE = """
<style>
:root { --dial-line: rgba(128,128,128,.28); --dial-soft: rgba(128,128,128,.12) }
.nicegui-content { padding: 1rem; max-width: 1400px; margin: 0 auto; width: 100% }
.body--dark { background: #14171a }
.dial-head { background: #1d3b53; color: #fff }
.w-full { width: 100% }
.dial-nav { display: flex; overflow-x: auto; gap: .1rem; width: 100% }
.dial-nav a { padding: .3rem .7rem; color: #fff; text-decoration: none; border-radius: .4rem; white-space: nowrap }
.dial-nav a:hover { background: #ffffff26 }
.dial-nav a[aria-current] { background: #ffffff33; font-weight: 600 }
.dial-skip { position: absolute; left: -99rem }
.dial-skip:focus { position: fixed; left: .5rem; top: .5rem; z-index: 9999; background: #fff; color: #000; padding: .5rem }
h1.dial-title { font-size: 1.5rem; font-weight: 600; line-height: 1.3; margin: 0; overflow-wrap: anywhere }
h2.dial-title { font-size: 1.1rem; font-weight: 600; line-height: 1.3; margin: .6rem 0 0 }
.dial-table { width: 100%; border: 1px solid var(--dial-line); border-radius: .4rem }
.dial-table th { font-weight: 600 }
.dial-table td { max-width: 26rem; overflow-wrap: anywhere }
.dial-link { color: #1565c0; text-decoration: none } .dial-link:hover { text-decoration: underline }
.body--dark .dial-link { color: #90caf9 }
.dial-mark { padding: .1rem .5rem; border-radius: 1rem; background: var(--dial-soft); white-space: nowrap }
.dial-good { background: #1b5e2026; color: #1b5e20 } .body--dark .dial-good { color: #a5d6a7; background: #a5d6a722 }
.dial-busy { background: #0d47a126; color: #0d47a1 } .body--dark .dial-busy { color: #90caf9; background: #90caf922 }
.dial-bad { background: #b71c1c22; color: #b71c1c } .body--dark .dial-bad { color: #ef9a9a; background: #ef9a9a22 }
.dial-pairs { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; width: 100% }
.dial-pairs dt { opacity: .75 } .dial-pairs dd { margin: 0; overflow-wrap: anywhere }
.dial-empty { padding: 1.5rem; border: 1px dashed var(--dial-line); border-radius: .4rem; width: 100% }
.dial-alert { border-left: 4px solid #c62828; padding: .6rem .8rem; width: 100%; background: var(--dial-soft) }
.dial-tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .7rem; width: 100% }
.dial-tile { border: 1px solid var(--dial-line); border-radius: .4rem; padding: .6rem .8rem }
.dial-tile .dial-figure { font-size: 1.35rem; font-weight: 600 } .dial-tile .dial-what { opacity: .75 }
.dial-pre { white-space: pre-wrap; overflow-wrap: anywhere }
.body--dark .q-btn--outline, .body--dark .q-btn--flat { --q-primary: #90caf9; --q-negative: #ef9a9a }
.dial-fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .7rem; width: 100% }
:focus-visible { outline: 3px solid #ff9800 !important; outline-offset: 2px }
@media (max-width: 600px) { .nicegui-content { padding: .6rem } .dial-pairs { grid-template-columns: 1fr; gap: 0 }
  .dial-pairs dd { margin-bottom: .5rem } }
</style>
"""

# The server prints times, so it has to know the viewer's zone before it makes the page.
TELL_ZONE = """
<script>
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const told = document.cookie.split("; ").find((part) => part.startsWith("dialerd-zone="));
  if (told === "dialerd-zone=" + encodeURIComponent(zone)) return;
  document.cookie = "dialerd-zone=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; samesite=lax";
  if (document.cookie.includes("dialerd-zone=") && zone !== "UTC") location.reload();
})();
</script>
"""

KEEP_DARK = 'document.cookie = "dialerd-dark={choice}; path=/; max-age=31536000; samesite=lax"'
