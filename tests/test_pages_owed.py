"""Pages that fail for a reason that passes: tried again at later polls, judged when their text is there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Request
from scrapy.settings import Settings
from twisted.python.failure import Failure

from monitor.core.model import Entry, PageOwed, Source, SourceId, Validator
from monitor.intake import Intake
from monitor.newsroom import lexicon_of
from monitor.store.pages import MOST_OWED
from monitor.store.sql import SqlStore
from spiders.failures import passes, status_passes
from spiders.news import NewsSpider
from spiders.poll import MOST_TRIES, Found, Poll, Wanted
from tests.builders import NOW, a_source, an_article
