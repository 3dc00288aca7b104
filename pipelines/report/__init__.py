from pipelines.report.page import Story, write_report

__all__ = ["Story", "write_report"]
