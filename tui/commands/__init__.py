"""What the command line runs without a screen, and the look at the terminal before there is one. Knows no Textual."""
