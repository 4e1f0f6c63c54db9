//! Scripts, styles and pictures: embedded in a release, read from `web/` in a debug build.
//!
//! All lie under one hash of all their content, so that they may be kept for good and modules can
//! import each other by relative paths.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY},
    web::{self, Bytes, Path, ServiceConfig},
};

use super::{content_type::content_type, encoding, nonce, on_disk};

/// One embedded file.
struct Asset {
    /// Its path under `web/`.
    path: &'static str,
    bytes: &'static [u8],
    /// The same, compressed, where that is shorter.
    brotli: Option<&'static [u8]>,
    /// What a page says that it has to be, as Subresource Integrity has it.
    integrity: &'static str,
    /// Of a module, the others that it cannot run without.
    needs: &'static [&'static str],
}

// The constants `HASH` and `ASSETS`, made by the build script. Without embedded assets the hash is
// `dev`.
include!(concat!(env!("OUT_DIR"), "/assets.rs"));

const FROM_DISK: &str = "dev";
/// The content under an address never changes.
const KEEP_FOR_GOOD: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "no-cache";

/// The address of an asset, such as `js/phone.js`. It changes with the content of the assets, so it
/// may be cached for good.
pub fn url(path: &str) -> String {
    format!("/assets/{HASH}/{path}")
}

/// The line that loads a style.
pub fn style(path: &str) -> String {
    format!(r#"<link rel="stylesheet" href="{}"{}>"#, url(path), sealed(path))
}

/// The line that loads a page's script.
pub fn script(path: &str) -> String {
    let (url, sealed, nonce) = (url(path), sealed(path), nonce::placeholder());
    format!(r#"<script type="module" src="{url}"{sealed} nonce="{nonce}"></script>"#)
}

/// The line that has a module of it fetched at once.
pub fn preload(path: &str) -> String {
    let (url, sealed, nonce) = (url(path), sealed(path), nonce::placeholder());
    format!(r#"<link rel="modulepreload" href="{url}"{sealed} nonce="{nonce}">"#)
}

/// The lines that have all fetched at once without which these modules cannot run, they themselves
/// left out: a browser would find one of them in the other.
pub fn preload_needs<M: AsRef<str>>(modules: impl IntoIterator<Item = M>) -> String {
    let modules: Vec<M> = modules.into_iter().collect();
    let mut needs: BTreeSet<String> = modules.iter().flat_map(|module| needs(module.as_ref())).collect();
    for module in &modules {
        needs.remove(module.as_ref());
    }
    needs.iter().map(|need| preload(need) + "\n").collect()
}

/// The modules that a module cannot run without.
fn needs(module: &str) -> BTreeSet<String> {
    if HASH == FROM_DISK {
        return on_disk::needs(module);
    }
    let asset = ASSETS.iter().find(|asset| asset.path == module);
    asset.into_iter().flat_map(|asset| asset.needs).map(|&need| need.to_owned()).collect()
}

/// The attribute without which a browser would take anything that comes from the address.
fn sealed(path: &str) -> String {
    let embedded = ASSETS.iter().find(|asset| asset.path == path).map(|asset| asset.integrity.to_owned());
    let found =
        embedded.or_else(|| if HASH == FROM_DISK { on_disk::asset(path).map(|file| file.integrity) } else { None });
    found.map(|integrity| format!(r#" integrity="{integrity}""#)).unwrap_or_default()
}

/// The routes.
pub fn configure(cfg: &mut ServiceConfig) {
    let resource = web::resource("/assets/{hash}/{path:.*}");
    cfg.service(resource.route(web::get().to(asset)).route(web::head().to(asset)));
}

async fn asset(request: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (hash, path) = path.into_inner();
    let brotli = encoding::takes(request.headers(), "br");
    let found = if HASH == FROM_DISK { read(&path) } else { find(ASSETS, &path, brotli) };
    // A page of another version, while nodes are being updated, gets what there is but must not
    // keep it.
    let keep = hash == HASH && HASH != FROM_DISK;
    found.map_or_else(|| HttpResponse::NotFound().finish(), |content| content.respond(keep))
}

/// Other JSON under the hash of the assets, on which it depends too.
pub fn json(hash: &str, value: &serde_json::Value) -> HttpResponse {
    let content = Content { content_type: "application/json", bytes: value.to_string().into(), brotli: false };
    content.respond(hash == HASH && HASH != FROM_DISK)
}

/// An asset as it goes out.
struct Content {
    content_type: &'static str,
    bytes: Bytes,
    brotli: bool,
}

impl Content {
    fn respond(self, keep: bool) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, self.content_type));
        response.insert_header((CACHE_CONTROL, if keep { KEEP_FOR_GOOD } else { ASK_EACH_TIME }));
        // No asset is a page: the long policy of those would be a third of many an answer.
        response.insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'"));
        if self.brotli {
            // Other content may be compressed later, by the middleware, which then sets this
            // itself.
            response.insert_header((VARY, "Accept-Encoding"));
            response.insert_header((CONTENT_ENCODING, "br"));
        }
        response.body(self.bytes)
    }
}

fn find(assets: &[Asset], path: &str, brotli: bool) -> Option<Content> {
    let asset = assets.iter().find(|asset| asset.path == path)?;
    let compressed = asset.brotli.filter(|_| brotli);
    let bytes = Bytes::from_static(compressed.unwrap_or(asset.bytes));
    Some(Content { content_type: content_type(path)?, bytes, brotli: compressed.is_some() })
}

fn read(path: &str) -> Option<Content> {
    let bytes = on_disk::asset(path)?.bytes;
    Some(Content { content_type: content_type(path)?, bytes, brotli: false })
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        http::{Method, StatusCode},
        test::{TestRequest, call_service, init_service, read_body},
    };

    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::http::{
        join_modules::{is_part, joined},
        kinds,
        on_disk::{place, source},
        shorten::shortened,
        strip_comments::bare,
    };

    async fn ask(method: Method, path: &str) -> (StatusCode, String, Bytes) {
        let app = init_service(App::new().configure(configure)).await;
        let response = call_service(&app, TestRequest::with_uri(path).method(method).to_request()).await;
        let kind = response.headers().get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap()).to_owned();
        (response.status(), kind, read_body(response).await)
    }

    #[actix_web::test]
    async fn an_asset_is_found_under_its_address() {
        let (status, kind, body) = ask(Method::GET, &url("img/mark.svg")).await;
        assert_eq!((status, kind.as_str()), (StatusCode::OK, "image/svg+xml"));
        assert!(body.starts_with(b"<svg"));
        assert_eq!(ask(Method::HEAD, &url("img/mark.svg")).await.0, StatusCode::OK);
    }

    #[actix_web::test]
    async fn nothing_else_is() {
        for path in [
            "img/none.svg",
            "pages/base.html",
            "i18n/en/common.json",
            "img/../../Cargo.toml",
            "img/%2e%2e/css/tokens.css",
            "img%2f..%2fcss/tokens.css",
            "css//etc/passwd",
            "css/",
            "",
        ] {
            assert_eq!(ask(Method::GET, &url(path)).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn who_takes_brotli_gets_it_where_it_is_shorter() {
        let assets = [
            Asset { path: "css/tokens.css", bytes: b"plain", brotli: Some(b"br"), integrity: "", needs: &[] },
            Asset { path: "img/mark.png", bytes: b"picture", brotli: None, integrity: "", needs: &[] },
        ];
        let body = |path, brotli| find(&assets, path, brotli).map(|content| (content.bytes, content.brotli));
        assert_eq!(body("css/tokens.css", true), Some((Bytes::from_static(b"br"), true)));
        assert_eq!(body("css/tokens.css", false), Some((Bytes::from_static(b"plain"), false)));
        assert_eq!(body("img/mark.png", true), Some((Bytes::from_static(b"picture"), false)));
        assert!(body("css", true).is_none());
    }

    #[test]
    fn a_page_says_what_its_scripts_and_styles_have_to_be() {
        for (line, path) in [
            (style("css/tokens.css"), "css/tokens.css"),
            (script("js/phone.js"), "js/phone.js"),
            (preload("js/live.js"), "js/live.js"),
        ] {
            let digest = STANDARD.encode(Sha256::digest(read(path).unwrap().bytes));
            assert!(line.contains(&format!(r#"{}" integrity="sha256-{digest}""#, url(path))), "{line}");
        }
    }

    /// The modules that browsers can ask for, of our own.
    fn modules() -> Vec<String> {
        let web = place("");
        let (mut folders, mut modules) = (vec![format!("{web}js"), format!("{web}kinds")], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.to_str().unwrap().to_owned();
                if path.is_dir() {
                    folders.push(name);
                } else if name.ends_with(".js") {
                    modules.push(name[web.len()..].replace('\\', "/"));
                }
            }
        }
        modules.retain(|module| !is_part(module));
        modules
    }

    #[test]
    fn every_module_can_be_joined_with_its_parts_which_no_other_asks_for_and_be_shortened() {
        for module in modules() {
            let text = joined(&module, &mut source).unwrap_or_else(|why| panic!("{why}"));
            let folder = module.rsplit_once('/').unwrap().0;
            for path in bare(&text).split(['\'', '"', '`']).filter(|text| text.ends_with(".js")) {
                assert!(!is_part(&format!("{folder}/{}", path.trim_start_matches("./"))), "{module} asks for {path}");
            }
            assert!(needs(&module).iter().all(|need| !is_part(need)), "{module} needs a part of another");
            shortened(&bare(&text)).unwrap_or_else(|why| panic!("{module}: {why}"));
        }
    }

    #[test]
    fn a_kind_on_a_phone_needs_nothing_that_the_phone_has_not() {
        for kind in kinds::offered() {
            let needs = needs(&format!("kinds/{kind}/phone.js"));
            assert!(needs.is_subset(&super::needs("js/phone.js")), "{kind}: {needs:?}");
            let style = joined(&format!("kinds/{kind}/phone-page.css"), &mut source).expect("a style of its page");
            assert!(style.contains(&source("css/tokens.css").unwrap()) && !style.contains("@import"), "{kind}");
        }
    }

    #[test]
    fn what_a_page_needs_is_asked_for_at_once() {
        let lines = preload_needs(["js/phone.js", "js/questions/page.js"]);
        for needed in ["js/live.js", "js/questions/list.js"] {
            assert_eq!(lines.matches(&url(needed)).count(), 1, "{needed}");
        }
        assert!(
            !lines.contains("js/phone") && !lines.contains("questions/page.js") && !lines.contains("field.js"),
            "{lines}"
        );
    }

    #[test]
    fn only_what_is_embedded_is_kept_for_good() {
        let cached = |keep| {
            let content = Content { content_type: "image/png", bytes: Bytes::new(), brotli: true };
            let response = content.respond(keep);
            response.headers().get(CACHE_CONTROL).unwrap().to_str().unwrap().to_owned()
        };
        assert!(cached(true).contains("immutable"));
        assert_eq!(cached(false), "no-cache");
    }
}
