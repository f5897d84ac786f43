//! Looks for a browser, so that without one its tests say that they were not run.

use std::env;
use std::path::Path;

/// What the driver drives, by the names it is installed under.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn main() {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let find =
        |name: &str| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rustc-check-cfg=cfg(browser)");
    let browser = BROWSERS.iter().find_map(|name| find(name));
    for name in BROWSERS.iter().chain(&["chromedriver"]) {
        // A file that is not there is looked for anew each time.
        let file = find(name).unwrap_or_else(|| Path::new("/usr/bin").join(name));
        println!("cargo::rerun-if-changed={}", file.display());
    }
    if browser.is_some() && find("chromedriver").is_some() {
        println!("cargo::rustc-cfg=browser");
    }
}
