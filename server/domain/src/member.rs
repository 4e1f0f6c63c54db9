//! Members: people with an account.

use parterre_protocol::limits::bytes_of;

use super::{
    Problem,
    ids::{MemberId, WorkspaceId},
    text,
};

/// What a member may do, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Everything, and cannot be removed.
    Owner,
    /// Everything but the owner's account.
    Admin,
    /// Makes and runs events.
    Facilitator,
    /// Reviews posts.
    Moderator,
}

impl Role {
    /// Whether the role may make, change and run events.
    pub const fn runs_events(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Facilitator)
    }

    /// The role's name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Facilitator => "facilitator",
            Self::Moderator => "moderator",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Facilitator, Self::Moderator].into_iter().find(|role| role.as_str() == name)
    }
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// How they are called.
    pub name: String,
    /// How they sign in, in lower case.
    pub email: Email,
    /// What they may do.
    pub role: Role,
}

/// An email address, in lower case, with its host in its own letters. Checked only for its outline:
/// the proof of an address is mail that arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const EMAIL_CHARS: usize = 254;

impl Email {
    /// Reads an address as typed.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let plain = text::plain(&text::filled_line("email", typed, EMAIL_CHARS)?);
        let (local, host) = plain.split_once('@').ok_or(Problem::Email)?;
        // One host, whether it is written in its own letters or in those of the name system.
        let host = match idna::domain_to_unicode(host) {
            (host, Ok(())) => host,
            _ => host.to_lowercase(),
        };
        let local = local.to_lowercase().replace("i\u{307}", "i");
        let whole = !local.is_empty() && !host.is_empty() && !host.contains('@');
        if whole && !plain.contains(' ') { Ok(Self(format!("{local}@{host}"))) } else { Err(Problem::Email) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A new password, as it is compared: long enough to resist guessing, short enough that hashing it
/// is no attack.
#[derive(Clone)]
pub struct NewPassword(String);

/// NIST SP 800-63B-4 asks for at least 15 characters where a password is the only factor, 8
/// otherwise; room for passphrases. 10 is a compromise for a tool that may run on a closed network.
const PASSWORD_CHARS: (usize, usize) = (10, 200);

impl NewPassword {
    /// Checks the length.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let (min, max) = PASSWORD_CHARS;
        let field = "password";
        let value = text::characters(typed);
        if !(min..=max).contains(&value) {
            return Err(Problem::OutOfRange { field, min, max, value });
        }
        let most = bytes_of(max);
        if typed.len() > most {
            return Err(Problem::TooManyBytes { field, max: most, length: typed.len() });
        }
        if text::is_empty(typed) {
            return Err(Problem::Empty { field });
        }
        Ok(Self(text::password(typed)))
    }

    /// The password, to be hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_sign_with_something_on_both_sides() {
        assert_eq!(Email::parse(" Ines@Example.org ").unwrap().as_str(), "ines@example.org");
        for wrong in ["", "ines", "@example.org", "ines@", "a@b@c", "a b@c"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_the_same_in_any_case_and_width_and_by_either_name_of_its_host() {
        for (typed, address) in [
            ("ＩＮＥＳ＠Ｅｘａｍｐｌｅ．ｏｒｇ", "ines@example.org"),
            ("\u{feff}ines@exam\u{ad}ple.org\u{200b}", "ines@example.org"),
            ("İnes@example。org", "ines@example.org"),
            ("ines@BÜCHER.example", "ines@bücher.example"),
            ("ines@bu\u{308}cher.example", "ines@bücher.example"),
            ("ines@XN--Bcher-KVA.example", "ines@bücher.example"),
            ("Ines+Talk@localhost", "ines+talk@localhost"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), address, "{typed}");
            assert_eq!(Email::parse(address).unwrap().as_str(), address, "what was read is read again");
        }
    }

    #[test]
    fn a_password_has_a_length_as_people_count_it_and_something_to_be_seen() {
        let refused = |typed: &str| NewPassword::parse(typed).map(|_| ()).unwrap_err();
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        assert_eq!(NewPassword::parse(&family.repeat(10)).unwrap().expose(), family.repeat(10));
        assert!(matches!(refused(&family.repeat(9)), Problem::OutOfRange { min: 10, value: 9, .. }));
        assert!(matches!(refused(&"\u{3164}".repeat(12)), Problem::Empty { .. }));
        assert!(matches!(refused(&format!("ten letters{}", "\u{301}".repeat(3000))), Problem::TooManyBytes { .. }));
        assert_eq!(NewPassword::parse("ｐâｔｅ\u{3000}à choux").unwrap().expose(), "pâte à choux");
    }
}
