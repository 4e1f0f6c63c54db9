//! Scripts, styles and pictures.

/// The address of an asset, such as `js/phone.js`. It changes with the content of the assets, so it may be cached for good.
pub fn url(path: &str) -> String {
    format!("/assets/dev/{path}")
}
