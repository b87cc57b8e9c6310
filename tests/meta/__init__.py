"""What the project promises about itself: layers, wheel, documents."""
