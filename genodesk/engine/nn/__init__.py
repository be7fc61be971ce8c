"""Network pieces that more than one workflow uses."""
