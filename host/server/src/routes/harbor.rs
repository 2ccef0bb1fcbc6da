//! Harbor's [pluggable scanner API](https://github.com/goharbor/pluggable-scanner-spec), 1.0 to 1.2: where the settings
//! say so, the service is a scanner of Harbor's.
//!
//! A scan is a job like any other, and its report is made when it is asked for: so what has changed since counts.

mod metadata;
mod report;
mod scan;

use super::Routes;
use crate::access::Permission::{Read, Submit};
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .get("/harbor/api/v1/metadata", Read, metadata::show)
        .post("/harbor/api/v1/scan", Submit, scan::accept)
        .get("/harbor/api/v1/scan/{id}/report", Read, report::show)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::reach;

    #[test]
    fn each_path_has_its_permission_and_its_reach() {
        let endpoints = routes().endpoints().to_vec();
        let stated: Vec<_> = endpoints
            .iter()
            .map(|it| format!("{} {} {} {}", it.method, it.path, it.permission.as_str(), reach(it).as_str()))
            .collect();
        assert_eq!(
            stated,
            [
                "GET /harbor/api/v1/metadata read everybody",
                "POST /harbor/api/v1/scan submit submission",
                "GET /harbor/api/v1/scan/{id}/report read submission",
            ]
        );
        assert!(endpoints.iter().all(|it| crate::adapter::concerns(it.path)));
    }
}
