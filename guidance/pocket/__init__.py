from guidance.pocket.load import concepts, export_open_clip, known_words, load_pocket

__all__ = ["concepts", "export_open_clip", "known_words", "load_pocket"]
