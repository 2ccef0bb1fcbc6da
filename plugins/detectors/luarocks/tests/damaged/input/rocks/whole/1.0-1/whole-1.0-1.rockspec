description = { license = "\" }
