//! Which files are assets, and what they are. The build script, which embeds them, reads this file
//! too.

/// The folders under `web/` whose files browsers may have.
pub(crate) const FOLDERS: [&str; 5] = ["css", "img", "js", "kinds", "vendor"];

/// Whether an asset is a script or a style of ours; others' come with their licences in them.
pub(crate) fn is_own_text(path: &str) -> bool {
    let (folder, extension) =
        (path.split_once('/').map(|(folder, _)| folder), path.rsplit_once('.').map(|(_, extension)| extension));
    matches!((folder, extension), (Some("js" | "kinds"), Some("js")) | (Some("css" | "kinds"), Some("css")))
}

/// The content type of an asset; `None` for a file that is not for browsers, such as types and
/// licences.
pub(crate) fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "ico" => "image/vnd.microsoft.icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => return None,
    })
}
