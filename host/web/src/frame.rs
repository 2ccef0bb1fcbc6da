use crate::{Request, assets};

/// What all pages have around what they show.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) request: &'a Request,
    pub(crate) here: Section,
    /// The same data from the API, and as CSV.
    pub(crate) data: Data,
}

/// Where the data of a page is, for programs.
#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) json: Option<String>,
    pub(crate) csv: Option<String>,
}

/// A part of the site, as the navigation has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Inventory,
    Feeds,
    Plugins,
    Notices,
    Search,
    /// None of them.
    Other,
}

/// An entry of the navigation.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) is_here: bool,
}

impl<'a> Frame<'a> {
    pub(crate) const fn new(request: &'a Request, here: Section) -> Self {
        Self { request, here, data: Data { json: None, csv: None } }
    }

    pub(crate) fn with_data(mut self, json: impl ToString) -> Self {
        self.data.json = Some(json.to_string());
        self
    }

    /// The page has itself as CSV.
    pub(crate) fn with_csv(mut self) -> Self {
        self.data.csv = Some(self.request.here(&[("format", "csv")], &["page", "sort"]));
        self
    }

    /// Where the same data is. The API itself hears tokens, and no cookie.
    pub(crate) fn json(&self) -> Option<String> {
        let prefix = if self.signed_in() { "/data" } else { "" };
        self.data.json.as_ref().map(|json| format!("{prefix}{json}"))
    }

    pub(crate) fn navigation(&self) -> [Entry; 5] {
        [
            ("Inventory", "/", Section::Inventory),
            ("Search", "/search", Section::Search),
            ("Feeds", "/feeds", Section::Feeds),
            ("Plugins", "/plugins", Section::Plugins),
            ("Notices", "/notices", Section::Notices),
        ]
        .map(|(name, address, section)| Entry { name, address, is_here: section == self.here })
    }

    pub(crate) fn stylesheet(&self) -> &'static str {
        assets::stylesheet().name
    }

    pub(crate) fn script(&self) -> &'static str {
        assets::script().name
    }

    pub(crate) fn icon(&self) -> &'static str {
        assets::icon().name
    }

    pub(crate) const fn signed_in(&self) -> bool {
        self.request.session().signed_in
    }

    pub(crate) fn proof(&self) -> &str {
        &self.request.session().proof
    }

    pub(crate) const fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
