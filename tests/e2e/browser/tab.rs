//! A tab as a test uses it.

use serde_json::{Value, json};

use super::chromium::Chromium;
use crate::service::until;

/// Width of a screen on which pages are wide.
pub(super) const WIDE: u32 = 1280;

/// Width at which a page is as it is on a phone, or at 400 % of [`WIDE`].
pub(super) const NARROW: u32 = 320;

/// A tab of a browser of its own.
pub(super) struct Tab {
    browser: Chromium,
    /// `http://127.0.0.1:1`.
    origin: String,
    /// What was opened last.
    url: String,
}

/// A key, as the protocol has it.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Tab,
    Enter,
}

impl Tab {
    pub(super) fn new(address: &str) -> Self {
        let mut tab =
            Self { browser: Chromium::start(), origin: format!("http://{address}"), url: String::new() };
        tab.resize(WIDE);
        tab
    }

    pub(super) fn resize(&mut self, width: u32) {
        let screen = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.browser.call("Emulation.setDeviceMetricsOverride", screen);
    }

    /// Colours as whoever looks at it prefers them: `light` or `dark`.
    pub(super) fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.browser.call("Emulation.setEmulatedMedia", json!({ "media": "", "features": features }));
    }

    /// As it is printed.
    pub(super) fn print(&mut self) {
        self.browser.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    }

    pub(super) fn without_scripts(&mut self) {
        self.browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }

    /// Opens a path. It fails where that troubles the browser.
    #[track_caller]
    pub(super) fn open(&mut self, path: &str) {
        self.url = format!("{}{path}", self.origin);
        let opened = self.browser.call("Page.navigate", json!({ "url": self.url }));
        assert!(opened["errorText"].is_null(), "{path}: {opened}");
        let loader = opened["loaderId"].as_str().unwrap().to_owned();
        let troubles = self.loaded(Some(loader));
        assert_eq!(troubles, Vec::<String>::new(), "{path}");
    }

    /// Waits until a page is there that comes of what was done.
    #[track_caller]
    pub(super) fn arrive(&mut self) {
        let troubles = self.loaded(None);
        assert_eq!(troubles, Vec::<String>::new());
    }

    /// Waits until a page is loaded, by the next loader where none is given, and gives what troubled the browser.
    fn loaded(&mut self, mut loader: Option<String>) -> Vec<String> {
        let mut troubles = Vec::new();
        loop {
            let mut has_come = false;
            for event in self.browser.wait("Page.lifecycleEvent") {
                let parameters = &event["params"];
                let is_of = |loader: &Option<String>| parameters["loaderId"].as_str() == loader.as_deref();
                let is_page =
                    event["method"] == "Network.requestWillBeSent" && parameters["type"] == "Document";
                if loader.is_none() && is_page {
                    loader = parameters["loaderId"].as_str().map(str::to_owned);
                }
                has_come |= parameters["name"] == "load" && loader.is_some() && is_of(&loader);
                troubles.extend(self.trouble(&event));
            }
            if has_come {
                return troubles;
            }
        }
    }

    /// What has troubled the browser since it was last asked: errors, what the policy of a page forbids, requests to
    /// anybody else.
    pub(super) fn troubles(&mut self) -> Vec<String> {
        let events = self.browser.events();
        events.iter().filter_map(|event| self.trouble(event)).collect()
    }

    fn trouble(&self, event: &Value) -> Option<String> {
        let (parameters, method) = (&event["params"], event["method"].as_str()?);
        let is_trouble = match method {
            "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => true,
            "Runtime.consoleAPICalled" => parameters["type"] != "log",
            "Log.entryAdded" => {
                let entry = &parameters["entry"];
                // Pages that say what is wrong have the status of it, and the browser says that of each.
                let is_status = entry["source"] == "network" && entry["url"] == self.url;
                !is_status && entry["level"] != "info" && entry["level"] != "verbose"
            }
            "Audits.issueAdded" => parameters["issue"]["code"] == "ContentSecurityPolicyIssue",
            "Network.requestWillBeSent" => {
                let url = parameters["request"]["url"].as_str().unwrap_or_default();
                // Forms are drawn with pictures of the browser's own, which it has as data.
                !url.starts_with("data:") && !url.starts_with(&format!("{}/", self.origin))
            }
            _ => false,
        };
        is_trouble.then(|| format!("{method}: {parameters}"))
    }

    /// The value of an expression in the page. Its promise is waited for.
    #[track_caller]
    pub(super) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.browser.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Runs a script of megabytes, whose value nobody needs.
    #[track_caller]
    pub(super) fn load(&mut self, script: &str) {
        self.value(&format!("{script};0"));
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(super) fn until(&mut self, expression: &str) {
        until(expression, || (self.value(expression) == true).then_some(()));
    }

    pub(super) fn press(&mut self, key: Key) {
        let (name, code, text) = match key {
            Key::Tab => ("Tab", 9, ""),
            Key::Enter => ("Enter", 13, "\r"),
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let mut event = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code });
            if kind == "keyDown" {
                event["text"] = text.into();
            }
            self.browser.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Writes a text where the focus is.
    pub(super) fn write(&mut self, text: &str) {
        self.browser.call("Input.insertText", json!({ "text": text }));
    }

    /// The page as PDF, in base64.
    pub(super) fn pdf(&mut self) -> String {
        let printed = self.browser.call("Page.printToPDF", json!({ "printBackground": false }));
        printed["data"].as_str().unwrap().to_owned()
    }

    /// A picture of the whole page, as PNG in base64.
    pub(super) fn picture(&mut self) -> String {
        let taken = self.browser.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        taken["data"].as_str().unwrap().to_owned()
    }
}
