//! Which files are assets, and what they are. The build script, which embeds them, reads this file too.

/// The folders under `web/` whose files browsers may have.
pub(crate) const FOLDERS: [&str; 4] = ["css", "img", "js", "vendor"];

/// Whether an asset is a script of ours; others' come with their licences in them.
pub(crate) fn is_own_script(path: &str) -> bool {
    path.starts_with("js/") && path.rsplit_once('.').is_some_and(|(_, extension)| extension == "js")
}

/// The content type of an asset; `None` for a file that is not for browsers, such as types and licences.
pub(crate) fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "ico" => "image/vnd.microsoft.icon",
        "js" => "text/javascript; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => return None,
    })
}
