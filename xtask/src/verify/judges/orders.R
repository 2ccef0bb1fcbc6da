# Reads pairs of versions; writes how the first compares with the second in R's order.
lines <- strsplit(readLines(file("stdin")), "\t", fixed = TRUE)
left <- numeric_version(vapply(lines, `[`, "", 1), strict = FALSE)
right <- numeric_version(vapply(lines, `[`, "", 2), strict = FALSE)
order <- ifelse(left < right, "<", ifelse(left > right, ">", "="))
writeLines(ifelse(is.na(order), "error", order))
