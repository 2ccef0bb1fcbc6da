# Adds the packages of one database of RPM to another, several times, each time under other names.
import sqlite3, struct, sys

NAME = 1000
source, target, copies = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = [bytes(row[0]) for row in sqlite3.connect(source).execute("SELECT blob FROM Packages ORDER BY hnum")]
database = sqlite3.connect(target)
for copy in range(copies):
    for blob in map(bytearray, rows):
        (entries,) = struct.unpack_from(">I", blob)
        for entry in range(8, 8 + 16 * entries, 16):
            tag, _, offset, _ = struct.unpack_from(">IIiI", blob, entry)
            if tag == NAME:
                end = blob.index(0, 8 + 16 * entries + offset)
                blob[end - 1] = ord("A") + copy
        database.execute("INSERT INTO Packages (blob) VALUES (?)", (bytes(blob),))
database.commit()
print(database.execute("SELECT count(*) FROM Packages").fetchone()[0])
