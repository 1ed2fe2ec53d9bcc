"""What many look at is read once for all of them."""

import asyncio
import functools
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace

import pytest

from dialerd.domain.errors import NotFound
from dialerd.domain.people import Role
from dialerd.service.sessions import Asker
from dialerd.web.pages.following import Following
from dialerd.web.pages.live import Live
from harness.waiting import wait_for

ASKER = Asker("vera", Role.VIEWER, "a key", datetime.now(UTC) + timedelta(hours=1))


class Viewer(nullcontext):
    """Stands for NiceGUI's client of one page."""

    def __init__(self, number):
        super().__init__()
        self.id = str(number)
        self.seen, self.opened = [], []
        self.leave = None
        self.open = self.opened.append

    def on_delete(self, leave):
        self.leave = leave


class Desk:
    """What is read, and how often it was."""

    def __init__(self, **how):
        self.site = SimpleNamespace(stopping=asyncio.Event())
        self.live = Live(self.site, **how)
        self.reads, self.value = 0, "one"

    def read(self, _site):
        self.reads += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    async def follow(self, viewer):
        return await self.live.follow(viewer, ASKER, "key", self.read, viewer.seen.append)


async def until(look):
    await asyncio.to_thread(wait_for, look, "what was changed is shown")


def play(story, **how):
    """Runs the story with a desk, and ends it."""

    async def whole():
        desk = Desk(**how)
        await story(desk)
        desk.site.stopping.set()
        desk.live.look_again()
        await asyncio.wait_for(desk.live._task, 10)

    asyncio.run(whole())


def test_twenty_viewers_cost_one_look_and_see_each_change_once():
    async def story(desk):
        viewers = [Viewer(number) for number in range(20)]
        assert [await desk.follow(viewer) for viewer in viewers] == ["one"] * 20
        assert desk.reads == 1
        desk.value = "two"
        desk.live.look_again()
        await until(lambda: all(viewer.seen for viewer in viewers))
        assert desk.reads == 2
        assert [viewer.seen for viewer in viewers] == [["two"]] * 20

    play(story)


def test_who_has_left_is_shown_nothing_and_when_all_have_nothing_is_read():
    async def story(desk):
        stays, leaves = Viewer(1), Viewer(2)
        await desk.follow(stays)
        await desk.follow(leaves)
        leaves.leave()
        desk.value = "two"
        desk.live.look_again()
        await until(lambda: stays.seen)
        assert leaves.seen == []
        stays.leave()
        desk.live.look_again()
        await asyncio.wait_for(desk.live._task, 10)

    play(story)


def test_who_opens_a_page_takes_from_nobody_what_is_new():
    async def story(desk):
        early, late = Viewer(1), Viewer(2)
        await desk.follow(early)
        desk.value = "two"
        desk.live.look_again()
        assert await desk.follow(late) == "two"
        await until(lambda: early.seen)
        assert (early.seen, late.seen) == (["two"], [])

    play(story)


def visit_of(desk, viewer):
    """What a table needs of a page."""

    async def follow(key, read, show):
        return await desk.live.follow(viewer, ASKER, key, read, show)

    async def read(look, site):
        return await asyncio.to_thread(look, site)

    unfollow = functools.partial(desk.live.leave, viewer)
    return SimpleNamespace(site=desk.site, follow=follow, unfollow=unfollow, read=read)


def test_a_table_that_was_turned_follows_its_new_page_only():
    async def story(desk):
        viewer, shown = Viewer(1), []
        table = Following(visit_of(desk, viewer))
        await table.turn("first", desk.read, shown.append)
        await table.turn("second", lambda _site: f"second {desk.value}", shown.append)
        reads, desk.value = desk.reads, "two"
        desk.live.look_again()
        await until(lambda: "second two" in shown)
        assert (shown, desk.reads) == (["one", "second one", "second two"], reads)

    play(story)


def test_a_table_that_is_to_stand_still_is_not_read_again():
    async def story(desk):
        other, viewer, shown = Viewer(1), Viewer(2), []
        table = Following(visit_of(desk, viewer))
        await table.turn("first", desk.read, shown.append)
        assert await table.still(lambda _site: "found", shown.append)
        reads, desk.value = desk.reads, "two"
        await desk.live.follow(other, ASKER, "other", lambda _site: desk.value + "!", other.seen.append)
        desk.value = "three"
        desk.live.look_again()
        await until(lambda: other.seen)
        assert (shown, desk.reads) == (["one", "found"], reads)

    play(story)


def test_what_a_viewer_asked_for_last_stays_though_it_was_read_first():
    async def story(desk):
        viewer, shown, go = Viewer(1), [], Event()

        def slowly(_site):
            assert go.wait(10)
            return "slow"

        table = Following(visit_of(desk, viewer))
        slow = [
            asyncio.create_task(table.turn("slow", slowly, shown.append)),
            asyncio.create_task(table.still(slowly, shown.append)),
        ]
        await asyncio.sleep(0)
        await table.turn("first", desk.read, shown.append)
        go.set()
        await asyncio.gather(*slow)
        desk.value = "two"
        desk.live.look_again()
        await until(lambda: "two" in shown)
        assert shown == ["one", "two"]

    play(story)


def test_a_page_goes_on_when_what_it_shows_cannot_be_read_for_a_while():
    async def story(desk):
        viewer = Viewer(1)
        await desk.follow(viewer)
        reads, desk.value = desk.reads, NotFound("gone")
        desk.live.look_again()
        await until(lambda: desk.reads > reads)
        desk.value = "back"
        desk.live.look_again()
        await until(lambda: viewer.seen)
        assert viewer.seen == ["back"]

    play(story)


def test_nothing_is_followed_that_cannot_be_read_at_first():
    async def story(desk):
        desk.value = NotFound("no such list")
        with pytest.raises(NotFound):
            await desk.follow(Viewer(1))
        desk.value = "there"
        assert await desk.follow(Viewer(2)) == "there"

    play(story)


def test_a_page_that_cannot_be_shown_does_not_stop_the_others():
    async def story(desk):
        class Broken(Viewer):
            def __enter__(self):
                raise RuntimeError("its elements are gone")

        broken, good = Broken(1), Viewer(2)
        await desk.follow(broken)
        await desk.follow(good)
        desk.value = "two"
        desk.live.look_again()
        await until(lambda: good.seen)
        assert broken.seen == []

    play(story)


def test_who_may_not_look_any_more_is_led_to_the_login(office):
    async def story(desk):
        vars(desk.site).update(database=office.site.database, now=office.site.now, settings=office.site.settings)
        viewer = Viewer(1)
        await desk.follow(viewer)
        desk.live.look_again()
        await until(lambda: viewer.opened)
        assert viewer.opened == ["/login"]

    play(story, still_every=0.0)
