//! Embeds the scripts, styles and pictures of `web/` into a release, each joined with its parts and
//! also compressed with brotli, under one hash over all of them. A debug build embeds none of them:
//! it reads them from disk, so that a change shows without compiling. Lists the message catalogues:
//! those of pages, and those in the folders of kinds.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

#[path = "src/http/content_type.rs"]
mod content_type;
#[path = "src/http/join_modules.rs"]
mod join_modules;
#[path = "src/http/shorten.rs"]
mod shorten;
#[path = "src/http/strip_comments.rs"]
mod strip_comments;

/// Bytes of the hash that go into the address; the rest would only make it longer.
const HASH_BYTES: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let web = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../web").canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/http/join_modules.rs");
    println!("cargo::rerun-if-changed=src/http/shorten.rs");
    println!("cargo::rerun-if-changed=src/http/strip_comments.rs");
    println!("cargo::rerun-if-changed=src/http/content_type.rs");
    let mut files = Vec::new();
    for folder in content_type::FOLDERS.map(|folder| web.join(folder)) {
        println!("cargo::rerun-if-changed={}", folder.display());
        if folder.exists() {
            collect(&folder, &mut files)?;
        }
    }
    files.retain(|path| content_type::content_type(&path.to_string_lossy()).is_some());
    let table = if env::var("PROFILE")? == "release" { embed(&web, &files, &out)? } else { table("dev", "") };
    fs::write(out.join("assets.rs"), table)?;
    fs::write(out.join("catalogues.rs"), catalogues(&web)?)?;
    Ok(())
}

/// All files of a folder and those within, in order.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    files.sort();
    Ok(())
}

/// The message catalogues by language, each with the kind whose words it has, if it is one's:
/// `i18n/<language>/<page>.json` and `kinds/<kind>/<language>.json`.
fn catalogues(web: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", web.join("i18n").display());
    let (mut pages, mut kinds) = (Vec::new(), Vec::new());
    collect(&web.join("i18n"), &mut pages)?;
    collect(&web.join("kinds"), &mut kinds)?;
    let mut languages = BTreeMap::<String, String>::new();
    let named = |name: Option<&std::ffi::OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    let folder = |file: &Path| named(file.parent().and_then(Path::file_name));
    let of_pages = pages.iter().map(|file| (folder(file), "None".to_owned(), file));
    let of_kinds = kinds.iter().map(|file| (named(file.file_stem()), format!("Some({:?})", folder(file)), file));
    let is_catalogue = |file: &Path| file.extension().is_some_and(|is| is == "json");
    for (language, kind, file) in of_pages.chain(of_kinds).filter(|(.., file)| is_catalogue(file)) {
        write!(languages.entry(language).or_default(), "({kind}, include_str!({file:?})), ")?;
    }
    let rows: String = languages.iter().map(|(language, files)| format!("    ({language:?}, &[{files}]),\n")).collect();
    Ok(format!("static SOURCES: &[(&str, &[Source])] = &[\n{rows}];\n"))
}

fn embed(web: &Path, files: &[PathBuf], out: &Path) -> Result<String, Box<dyn Error>> {
    let (mut hash, mut rows) = (Sha256::new(), String::new());
    // The words that scripts fetch are under the same hash.
    let mut catalogues = Vec::new();
    collect(&web.join("i18n"), &mut catalogues)?;
    collect(&web.join("kinds"), &mut catalogues)?;
    for file in catalogues {
        hash.update(fs::read(file)?);
    }
    let mut text = |path: &str| fs::read_to_string(web.join(path)).ok();
    for (number, file) in files.iter().enumerate() {
        let name = file.strip_prefix(web)?.to_str().ok_or("an asset's name is not Unicode")?.replace('\\', "/");
        if join_modules::is_part(&name) {
            continue;
        }
        let (mut bytes, mut source) = (fs::read(file)?, file.clone());
        if content_type::is_own_text(&name) {
            let packed = strip_comments::packed(&name, &join_modules::joined(&name, &mut text)?);
            let short = if name.ends_with(".js") {
                shorten::shortened(&packed).map_err(|why| format!("{name}: {why}"))?
            } else {
                packed
            };
            bytes = short.into_bytes();
            source = out.join(format!("asset-{number}.js"));
            fs::write(&source, &bytes)?;
        }
        hash.update(format!("{name}\0{}\0", bytes.len()));
        hash.update(&bytes);
        let compressed = compress(&bytes)?;
        let brotli = if compressed.len() < bytes.len() {
            let path = out.join(format!("asset-{number}.br"));
            fs::write(&path, compressed)?;
            format!("Some(include_bytes!({path:?}))")
        } else {
            "None".to_owned()
        };
        let digest = STANDARD.encode(Sha256::digest(&bytes));
        let (bytes, integrity) = (format!("include_bytes!({source:?})"), format!("sha256-{digest}"));
        let needs = if name.ends_with(".js") { join_modules::needed_by(&name, &mut text)? } else { BTreeSet::new() };
        let needs: Vec<String> = needs.into_iter().collect();
        writeln!(
            rows,
            "    Asset {{ path: {name:?}, bytes: {bytes}, brotli: {brotli}, integrity: {integrity:?}, needs: &{needs:?} }},"
        )?;
    }
    let hash: String = hash.finalize().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Ok(table(&hash, &rows))
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &best)?;
    Ok(compressed)
}

fn table(hash: &str, rows: &str) -> String {
    format!("const HASH: &str = {hash:?};\nstatic ASSETS: &[Asset] = &[\n{rows}];\n")
}
