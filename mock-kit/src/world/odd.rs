//! Values that ask for care: too long, missing, unknown to the other side, or in characters a reader gets wrong.

use super::accounts::Account;
use super::contacts::Contact;
use super::places::PLAIN_FIRMS;
use super::text::{overlong, torn_at};

/// What is out of the ordinary in the values of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountOddity {
    /// A name of more than 100 characters.
    LongName,
    /// A first address line of more than 128 characters.
    LongStreet,
    /// A city of more than 30 characters.
    LongCity,
    /// A state of more than 40 characters.
    LongState,
    /// A postal code of more than 10 characters.
    LongPostalCode,
    /// Telephone and fax numbers of more than 25 characters.
    LongPhone,
    /// A ticker symbol of more than 10 characters.
    LongTicker,
    /// A name with an emoji across the hundredth character.
    EmojiAtTheCut,
    /// Emoji in the name.
    Emoji,
    /// Chinese, Japanese or Cyrillic.
    OtherScript,
    /// Arabic or Hebrew, written from right to left.
    RightToLeft,
    /// Characters with a meaning in XML.
    Markup,
    /// What looks like the end of a CDATA section, or like an entity.
    LooksEscaped,
    /// Several lines of address, in the way of Windows.
    LinesOfWindows,
    /// Several lines of address, in the way of Unix, with a blank one among them.
    LinesOfUnix,
    /// The name is the text "null", with a number after it where there are many firms.
    NullText,
    /// Blanks before and behind.
    OuterBlanks,
    /// No telephone number.
    NoPhone,
    /// Nothing but a name.
    Sparse,
    /// A type without counterpart.
    UnknownType,
    /// A type whose counterpart is not in use any more.
    RetiredType,
    /// No type.
    NoType,
    /// A rating without counterpart.
    UnknownRating,
    /// An industry without counterpart.
    UnknownIndustry,
    /// A country that is no name and no code.
    UnknownCountry,
    /// A country given by its code, or by another of its names.
    OtherCountryName,
    /// Labels in other letters than their counterparts'.
    LabelsInOtherCase,
    /// A revenue that is written with an exponent.
    HugeRevenue,
}

impl AccountOddity {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::LongName,
        Self::LongStreet,
        Self::LongCity,
        Self::LongState,
        Self::LongPostalCode,
        Self::LongPhone,
        Self::LongTicker,
        Self::EmojiAtTheCut,
        Self::Emoji,
        Self::OtherScript,
        Self::RightToLeft,
        Self::Markup,
        Self::LooksEscaped,
        Self::LinesOfWindows,
        Self::LinesOfUnix,
        Self::NullText,
        Self::OuterBlanks,
        Self::NoPhone,
        Self::Sparse,
        Self::UnknownType,
        Self::RetiredType,
        Self::NoType,
        Self::UnknownRating,
        Self::UnknownIndustry,
        Self::UnknownCountry,
        Self::OtherCountryName,
        Self::LabelsInOtherCase,
        Self::HugeRevenue,
    ];

    /// Whether it changes one of the values that tell companies apart.
    pub(super) fn is_in_key(self) -> bool {
        matches!(
            self,
            Self::LongName
                | Self::LongStreet
                | Self::LongCity
                | Self::LongState
                | Self::EmojiAtTheCut
                | Self::Emoji
                | Self::OtherScript
                | Self::RightToLeft
                | Self::Markup
                | Self::LooksEscaped
                | Self::LinesOfWindows
                | Self::LinesOfUnix
                | Self::NullText
                | Self::OuterBlanks
                | Self::Sparse
        )
    }

    pub(super) fn apply(self, account: &mut Account) {
        let some = |text: &str| Some(text.to_owned());
        match self {
            Self::LongName => {
                account.name = overlong(&account.name, "Holding and Subsidiaries", 100, 255);
            }
            Self::LongStreet => {
                let street = account.street.as_deref().unwrap_or("1 Long Street");
                account.street =
                    Some(overlong(street, "Building 7, Entrance B, behind the mill", 128, 255));
            }
            Self::LongCity => account.city = some("Llanfairpwllgwyngyllgogerychwyrndrobwll"),
            Self::LongState => {
                account.state = some("State of Rhode Island and Providence Plantations");
            }
            Self::LongPostalCode => account.postal_code = some("12345-6789 / 4711"),
            Self::LongPhone => {
                account.phone = some("+49 (0) 89 99998-0 ext. 4711 (desk)");
                account.fax = some("+49 (0) 89 99998-0 ext. 4712 (desk)");
            }
            Self::LongTicker => account.ticker_symbol = some("NYSE:BRK.A/PFD"),
            Self::EmojiAtTheCut => account.name = torn_at(&account.name, 100, 255),
            Self::Emoji => account.name = format!("{} 🚀👩‍💻", account.name),
            Self::OtherScript => {
                let (name, city) = match account.index % 3 {
                    0 => ("株式会社山田製作所", "東京"),
                    1 => ("Общество «Ромашка»", "Санкт-Петербург"),
                    _ => ("北京科技有限公司", "北京"),
                };
                account.name = format!("{name} {}", account.index);
                account.city = some(city);
            }
            Self::RightToLeft => {
                let name = if account.index.is_multiple_of(2) {
                    "شركة النور للتجارة"
                } else {
                    "חברת האור בע\"מ"
                };
                account.name = format!("{name} {}", account.index);
            }
            Self::Markup => {
                account.name = format!("<{}> & \"Sons\" 'Ltd'", account.name);
                account.description = some("a < b && b > c; <script>alert(1)</script>");
            }
            Self::LooksEscaped => {
                account.name = format!("{} &amp; Co ]]> &#38; &lt;b&gt;", account.name);
            }
            Self::LinesOfWindows => account.street = Some(lines(account.street.take(), "\r\n")),
            Self::LinesOfUnix => account.street = Some(lines(account.street.take(), "\n")),
            Self::NullText => {
                account.name = if account.index < PLAIN_FIRMS {
                    "null".to_owned()
                } else {
                    format!("null {}", account.index)
                };
                account.account_number = some("NULL");
            }
            Self::OuterBlanks => {
                account.name = format!("  {} ", account.name);
                account.city = account.city.take().map(|city| format!(" {city}"));
                account.website = account.website.take().map(|site| format!("  {site}"));
            }
            Self::NoPhone => account.phone = None,
            Self::Sparse => *account = account.sparse(),
            Self::UnknownType => {
                let types = [
                    "Customer - Direct",
                    "Customer - Channel",
                    "Other",
                    "Channel Partner / Reseller",
                ];
                account.kind = some(types[usize::from(account.index.to_le_bytes()[0] % 4)]);
            }
            Self::RetiredType => account.kind = some("Installation Partner"),
            Self::NoType => account.kind = None,
            Self::UnknownRating => {
                let ratings = ["Lukewarm", "Delinquent"];
                account.rating = some(ratings[usize::from(account.index.to_le_bytes()[0] % 2)]);
            }
            Self::UnknownIndustry => {
                let industries = ["Agriculture", "Telecommunications", "Apparel"];
                account.industry =
                    some(industries[usize::from(account.index.to_le_bytes()[0] % 3)]);
            }
            Self::UnknownCountry => {
                let countries = ["USA", "Deutschland", "Atlantis"];
                account.country = some(countries[usize::from(account.index.to_le_bytes()[0] % 3)]);
            }
            Self::OtherCountryName => {
                let countries = ["US", "de", "Czech Republic", "Korea, Republic of"];
                account.country = some(countries[usize::from(account.index.to_le_bytes()[0] % 4)]);
            }
            Self::LabelsInOtherCase => {
                account.kind = some("PROSPECT");
                account.rating = some("hot");
                account.industry = some("banking");
            }
            Self::HugeRevenue => account.annual_revenue = Some(99_213_206_000.0),
        }
    }
}

fn lines(street: Option<String>, separator: &str) -> String {
    let first = street.unwrap_or_else(|| "1 Main Street".to_owned());
    let middle = if separator == "\n" { "" } else { "Building 7" };
    [&first, middle, " c/o Reception"].join(separator)
}

/// What is out of the ordinary in the values of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContactOddity {
    /// No first name.
    NoFirstName,
    /// A last name of more than 50 characters.
    LongLastName,
    /// A title of more than 50 characters.
    LongTitle,
    /// Telephone numbers of more than 25 characters, and a further one of more than 32.
    LongPhones,
    /// An address whose parts are too long.
    LongAddress,
    /// A title with an emoji across the fiftieth character.
    EmojiAtTheCut,
    /// Emoji in the name.
    Emoji,
    /// Chinese, Japanese or Cyrillic.
    OtherScript,
    /// Arabic or Hebrew, written from right to left.
    RightToLeft,
    /// Characters with a meaning in XML.
    Markup,
    /// Several lines of address, in the way of Windows.
    LinesOfWindows,
    /// Several lines of address, in the way of Unix, with a blank one among them.
    LinesOfUnix,
    /// The last name is the text "Null".
    NullText,
    /// Blanks before and behind.
    OuterBlanks,
    /// Nothing but a last name.
    Sparse,
}

impl ContactOddity {
    /// All of them but the missing first name, which has places of its own.
    pub(super) const BY_TURNS: [Self; 14] = [
        Self::LongLastName,
        Self::LongTitle,
        Self::LongPhones,
        Self::LongAddress,
        Self::EmojiAtTheCut,
        Self::Emoji,
        Self::OtherScript,
        Self::RightToLeft,
        Self::Markup,
        Self::LinesOfWindows,
        Self::LinesOfUnix,
        Self::NullText,
        Self::OuterBlanks,
        Self::Sparse,
    ];

    pub(super) fn apply(self, contact: &mut Contact) {
        let some = |text: &str| Some(text.to_owned());
        match self {
            Self::NoFirstName => contact.first_name = None,
            Self::LongLastName => {
                contact.last_name = overlong(&contact.last_name, "von und zu Hohenlohe", 50, 80);
            }
            Self::LongTitle => {
                contact.title = some(
                    "Executive Vice President of Worldwide Sales, Service and Customer Success",
                );
            }
            Self::LongPhones => {
                contact.phone = some("+1 (415) 555-0100 extension 4711");
                contact.mobile_phone = some("+1 (415) 555-0101 private only");
                contact.other_phone = some("+1 (415) 555-0102 ask at the front desk");
                contact.fax = some("+1 (415) 555-0103 second floor");
            }
            Self::LongAddress => {
                let street = contact.street.as_deref().unwrap_or("1 Long Street");
                contact.street =
                    Some(overlong(street, "Building 7, Entrance B, behind the mill", 128, 255));
                contact.city = some("Llanfairpwllgwyngyllgogerychwyrndrobwll");
                contact.state = some("State of Rhode Island and Providence Plantations");
                contact.postal_code = some("12345-6789 / 4711-A");
            }
            Self::EmojiAtTheCut => contact.title = Some(torn_at("Chief Fun Officer", 50, 128)),
            Self::Emoji => contact.last_name = format!("{} 🎷", contact.last_name),
            Self::OtherScript => {
                let (first, last) = if contact.index.is_multiple_of(2) {
                    ("さくら", "山田")
                } else {
                    ("Ольга", "Смирнова")
                };
                contact.first_name = some(first);
                contact.last_name = format!("{last} {}", contact.index);
            }
            Self::RightToLeft => {
                let (first, last) = if contact.index.is_multiple_of(2) {
                    ("ليلى", "حداد")
                } else {
                    ("נועה", "כהן")
                };
                contact.first_name = some(first);
                contact.last_name = format!("{last} {}", contact.index);
            }
            Self::Markup => {
                contact.last_name = format!("O'{} & <Sons> \"Jr.\"", contact.last_name);
                contact.title = some("R&D ]]> &amp;");
            }
            Self::LinesOfWindows => contact.street = Some(lines(contact.street.take(), "\r\n")),
            Self::LinesOfUnix => contact.street = Some(lines(contact.street.take(), "\n")),
            Self::NullText => "Null".clone_into(&mut contact.last_name),
            Self::OuterBlanks => {
                contact.last_name = format!(" {}  ", contact.last_name);
                contact.title = contact.title.take().map(|title| format!("  {title}"));
            }
            Self::Sparse => *contact = contact.sparse(),
        }
    }
}
