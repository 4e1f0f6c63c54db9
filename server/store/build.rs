//! Embeds the files of `migrations/`: in place of `sqlx::migrate!`, for which the database drivers
//! and SQLite itself would be built twice, once for the compiler.

use std::{env, error::Error, fmt::Write, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../migrations");
    let folder = fs::canonicalize("../../migrations")?;
    let mut list = String::from("[\n");
    let mut names = Vec::new();
    for file in fs::read_dir(&folder)? {
        let name = file?.file_name().into_string().map_err(|name| format!("{}", name.display()))?;
        names.extend(name.strip_suffix(".sql").map(str::to_owned));
    }
    names.sort_unstable();
    for name in names {
        let (version, description) = name.split_once('_').ok_or("it is called NUMBER_what_it_does.sql")?;
        let (version, description): (i64, _) = (version.parse()?, description.replace('_', " "));
        let path = folder.join(format!("{name}.sql"));
        writeln!(list, "({version}, {description:?}, include_str!({path:?})),")?;
    }
    list.push(']');
    Ok(fs::write(PathBuf::from(env::var("OUT_DIR")?).join("migrations.rs"), list)?)
}
