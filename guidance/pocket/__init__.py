from guidance.pocket.load import concepts, known_words, load_pocket

__all__ = ["concepts", "known_words", "load_pocket"]
