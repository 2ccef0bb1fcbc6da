//! CycloneDX in [XML](https://cyclonedx.org/docs/1.6/xml/), as a stream: entities that a document declares are refused
//! where it uses them, and nothing is fetched.

use limpid_plugin_sdk::Error;
use limpid_xml::Xml;

use crate::details::Details;
use crate::{Component, MAX_DEPTH, Sink, cyclonedx, details};

/// What the namespace of every version begins with.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// How much of a document is looked at for its namespace, in bytes.
const HEAD: usize = 8 << 10;

type Reader<'a> = Xml<&'a [u8]>;

pub(crate) fn read(text: &str, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or_default();
    let mut xml = Xml::new(text.as_bytes());
    if !xml.child()? || xml.name() != "bom" || !head.contains(NAMESPACE) {
        return Err(Error::unsupported("the document is XML, of which only CycloneDX is read"));
    }
    while xml.child()? {
        match xml.name() {
            "metadata" => metadata(&mut xml, sink)?,
            "components" => all(&mut xml, &Within { depth: 0, subject: false }, sink)?,
            "dependencies" => dependencies(&mut xml, sink)?,
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn dependencies(xml: &mut Reader<'_>, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    while xml.child()? {
        let of = xml.attribute_or_empty("ref")?;
        sink.depends(|all| all.know(&of));
        while xml.child()? {
            let on = xml.attribute_or_empty("ref")?;
            sink.depends(|all| all.add(&of, &on));
            xml.skip()?;
        }
        xml.record();
    }
    Ok(())
}

fn metadata(xml: &mut Reader<'_>, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    while xml.child()? {
        match xml.name() {
            "component" => component(xml, &Within { depth: 0, subject: true }, sink)?,
            _ => xml.skip()?,
        }
    }
    Ok(())
}

/// What components are nested in.
struct Within {
    depth: usize,
    subject: bool,
}

fn all(xml: &mut Reader<'_>, within: &Within, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    if within.depth >= MAX_DEPTH {
        sink.problem(cyclonedx::too_deep());
        return xml.skip();
    }
    while xml.child()? {
        match xml.name() {
            "component" => component(xml, within, sink)?,
            _ => xml.skip()?,
        }
        xml.record();
    }
    Ok(())
}

fn component(
    xml: &mut Reader<'_>,
    within: &Within,
    sink: &mut Sink<impl FnMut(Component)>,
) -> Result<(), Error> {
    let mut item = cyclonedx::Item { kind: xml.attribute_or_empty("type")?, ..cyclonedx::Item::default() };
    item.details.refer(xml.attribute_or_empty("bom-ref")?);
    let nested = Within { depth: within.depth + 1, subject: within.subject };
    // Of what does not count, nothing that is nested in it counts; that stands behind it.
    let mut is_excluded = false;
    while xml.child()? {
        match xml.name() {
            "name" => item.name = xml.text()?,
            "version" => item.version = Some(xml.text()?),
            "description" => item.description = xml.text()?,
            "purl" => item.purl = Some(xml.text()?),
            "scope" => is_excluded = xml.text()? == "excluded",
            "licenses" => item.licenses = licenses(xml)?,
            "properties" => properties(xml, &mut item.details)?,
            "evidence" => evidence(xml, &mut item.details)?,
            "components" if !is_excluded => all(xml, &nested, sink)?,
            _ => xml.skip()?,
        }
    }
    if is_excluded { Ok(()) } else { cyclonedx::take(item, within.subject, sink) }
}

fn licenses(xml: &mut Reader<'_>) -> Result<Vec<String>, Error> {
    let mut licenses = Vec::new();
    while xml.child()? {
        match xml.name() {
            "expression" => licenses.push(xml.text()?),
            "license" => {
                let mut stated = None;
                while xml.child()? {
                    match xml.name() {
                        "id" => stated = Some(xml.text()?),
                        "name" if stated.is_none() => stated = Some(xml.text()?),
                        _ => xml.skip()?,
                    }
                }
                licenses.extend(stated);
            }
            _ => xml.skip()?,
        }
        licenses.truncate(crate::MAX_LICENSES);
    }
    Ok(licenses)
}

fn properties(xml: &mut Reader<'_>, details: &mut Details) -> Result<(), Error> {
    while xml.child()? {
        let name = xml.attribute_or_empty("name")?;
        match xml.name() {
            "property" if details::is_of_use(&name) => details.add(&name, xml.text()?),
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn evidence(xml: &mut Reader<'_>, details: &mut Details) -> Result<(), Error> {
    while xml.child()? {
        if xml.name() != "occurrences" {
            xml.skip()?;
            continue;
        }
        while xml.child()? {
            while xml.child()? {
                match xml.name() {
                    "location" => details.locate(&xml.text()?),
                    _ => xml.skip()?,
                }
            }
        }
    }
    Ok(())
}
