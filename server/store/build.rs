//! Has the crate built again when a migration is added: `sqlx::migrate!` embeds them, and cannot say so itself.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../migrations");
}
