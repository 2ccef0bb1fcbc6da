import io, os, sys, zipfile

KEYS = ["groupId", "artifactId", "version"]


def coordinates(archive):
    for member in archive.namelist():
        parts = member.split("/")
        if member.endswith(".jar") and len(parts) > 1:
            with zipfile.ZipFile(io.BytesIO(archive.read(member))) as inner:
                yield from coordinates(inner)
        if parts[-1] == "pom.properties" and parts[-5:-3] == ["META-INF", "maven"]:
            lines = archive.read(member).decode("utf-8", "replace").splitlines()
            pairs = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
            # What it does not state is in the names of its folders.
            values = [pairs.get(key, "").strip() for key in KEYS]
            yield ":".join(value or folder for value, folder in zip(values, parts[-3:]))


folder, out = sys.argv[1:]
names = sorted(os.listdir(folder))
for name in names:
    with zipfile.ZipFile(os.path.join(folder, name)) as archive:
        for found in coordinates(archive):
            print(name, found)
for app, place, method in [
    ("app.jar", "BOOT-INF/lib/", zipfile.ZIP_STORED),
    ("app.war", "WEB-INF/lib/", zipfile.ZIP_DEFLATED),
]:
    with zipfile.ZipFile(os.path.join(out, app), "w", method) as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        for name in names:
            archive.write(os.path.join(folder, name), place + name)
