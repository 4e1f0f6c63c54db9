//! The wire's types for JavaScript: `web/js/wire.d.ts`, made from the Rust types and never by hand.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
};

use ts_rs::{Config, TS, TypeVisitor};

use crate::{
    client, join,
    kinds::{self, readings},
    server, texts, topics,
};

const HEAD: &str = "// What travels between the server and its pages. Made from server/protocol by `UPDATE=1 cargo test -p parterre-protocol`;\n\
                    // a change made here is lost, and a stale file fails that test.\n";

/// Declarations by name, in the order of the alphabet.
struct Declarations {
    config: Config,
    seen: HashSet<TypeId>,
    texts: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types of our own have a path; numbers and texts have none.
        if T::output_path().is_none() || !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        let text = tidy(&T::docs().unwrap_or_default())
            + "export "
            + &tidy(&T::decl(&self.config)).replace('\n', "\n  ")
            + "\n";
        let name = T::ident(&self.config);
        let first = self.texts.entry(name.clone()).or_insert_with(|| text.clone());
        assert_eq!(*first, text, "two different types are called {name}");
        T::visit_dependencies(self);
    }
}

/// Comments without lines of their own for their ends, and no space at the end of a line.
fn tidy(text: &str) -> String {
    text.replace("/**\n * ", "/** ").replace("\n */", " */").replace(" \n", "\n")
}

fn render() -> String {
    let mut all = Declarations { config: Config::new(), seen: HashSet::new(), texts: BTreeMap::new() };
    all.visit::<client::ClientMessage>();
    all.visit::<server::ServerMessage>();
    all.visit::<topics::Audience>();
    all.visit::<kinds::KindName>();
    all.visit::<topics::Stage>();
    all.visit::<topics::Results>();
    all.visit::<topics::HiddenWord>();
    all.visit::<readings::Reading>();
    all.visit::<readings::NetworkGroup>();
    all.visit::<readings::PlaceGroup>();
    all.visit::<readings::NetworkKind>();
    all.visit::<readings::Figure>();
    all.visit::<topics::Posts>();
    all.visit::<topics::ShownPost>();
    all.visit::<topics::Moderation>();
    all.visit::<topics::ModeratedPost>();
    all.visit::<topics::ModeratedActivity>();
    all.visit::<texts::ShownText>();
    all.visit::<topics::Presence>();
    all.visit::<topics::OwnPost>();
    all.visit::<topics::Me>();
    all.visit::<topics::Response>();
    all.visit::<join::JoinRequest>();
    all.visit::<join::Joined>();
    all.visit::<join::ErrorBody>();
    all.texts.into_values().fold(HEAD.to_owned(), |file, text| file + "\n" + &text)
}

#[test]
fn the_types_of_the_pages_are_those_of_the_server() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/js/wire.d.ts");
    let rendered = render();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).unwrap();
        fs::write(&file, &rendered).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == rendered, "web/js/wire.d.ts is stale: run `UPDATE=1 cargo test -p parterre-protocol`");
}
