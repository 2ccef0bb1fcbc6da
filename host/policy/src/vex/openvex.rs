//! Statements of OpenVEX.

use limpid_openvex::{Component, Status as Stated, read as read_all};

use super::{Product, Statement, Status, VexDocument, VexError, first, when};

pub(super) fn read(bytes: &[u8]) -> Result<VexDocument, VexError> {
    let mut statements = Vec::new();
    let mut vex = VexDocument::default();
    let document = read_all(bytes, |statement| match statement {
        Ok(statement) => statements.push(statement),
        Err(_) => vex.inapplicable += 1,
    });
    let document = document.map_err(|error| VexError::Form { form: "OpenVEX", why: error.to_string() })?;
    vex.id.clone_from(&document.id);
    vex.author.clone_from(&document.author);
    for statement in statements {
        let mut products = Vec::new();
        for product in &statement.products {
            let parts = product.subcomponents.iter().map(name_of);
            match Product::of(name_of(&product.component), parts) {
                Some(product) => products.push(product),
                None => vex.inapplicable += 1,
            }
        }
        let vulnerability = &statement.vulnerability;
        let names = vulnerability.aliases.iter().cloned();
        let statement = Statement {
            identifiers: std::iter::once(vulnerability.name.clone()).chain(names).collect(),
            status: match statement.status {
                Stated::NotAffected => Status::NotAffected,
                Stated::Fixed => Status::Fixed,
                Stated::Affected => Status::Affected,
                Stated::UnderInvestigation => Status::UnderInvestigation,
            },
            justification: Some(statement.justification.clone()).filter(|it| !it.is_empty()),
            reason: first(&[
                &statement.impact_statement,
                &statement.status_notes,
                &statement.action_statement,
            ]),
            at: when(&[
                &statement.last_updated,
                &statement.timestamp,
                &document.last_updated,
                &document.timestamp,
            ]),
            products,
        };
        vex.push(statement)?;
    }
    Ok(vex)
}

fn name_of(component: &Component) -> &str {
    component.purl().unwrap_or(&component.id)
}
