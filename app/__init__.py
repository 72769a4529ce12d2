"""The house: what Photofeed knows and does, whichever door it is asked through."""
