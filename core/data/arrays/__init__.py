"""Files of arrays and folders of images: IDX, NumPy, MATLAB, Parquet, and images in a ZIP file."""
