from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from pipelines.gallery.page import entry_of as entry_of
    from pipelines.gallery.page import write_gallery as write_gallery
    from pipelines.gallery.records import RunRecord as RunRecord
    from pipelines.gallery.records import find_runs as find_runs
    from pipelines.gallery.records import read_record as read_record
    from pipelines.gallery.records import read_records as read_records

__getattr__, __all__ = lazy_names(__name__)
