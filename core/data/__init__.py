"""Data: spreadsheets, torchvision's sets, small built-in sets; splits and normalization."""
