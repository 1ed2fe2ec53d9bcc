"""Files over HTTP: previewed, tried, imported, undone, and given back."""

import pytest

from dialerd.domain.people import Role
