//! Where firms are: cities with the way addresses, telephone numbers and names are written there.

use fake::faker::address::raw::StreetName;
use fake::faker::company::raw::CompanyName;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{DE_DE, EN, FR_FR};

use super::draw::Draw;
use super::text;

/// How names are made in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    English,
    German,
    French,
}

/// A city.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) country: &'static str,
    pub(super) iso: &'static str,
    postal_code: &'static str,
    telephone: &'static str,
    pub(super) tongue: Tongue,
}

const fn place(
    city: &'static str,
    state: &'static str,
    country: (&'static str, &'static str),
    postal_code: &'static str,
    telephone: &'static str,
    tongue: Tongue,
) -> Place {
    Place { city, state, country: country.0, iso: country.1, postal_code, telephone, tongue }
}

const US: (&str, &str) = ("United States", "US");
const DE: (&str, &str) = ("Germany", "DE");

/// So many firms find names of their own among those of one family and a trade.
pub(super) const PLAIN_FIRMS: u64 = 1_000;

const PLACES: &[Place] = &[
    place("New York", "NY", US, "100##", "(212) 555-01##", Tongue::English),
    place("Albany", "NY", US, "122##", "(518) 555-01##", Tongue::English),
    place("San Francisco", "CA", US, "941##", "(415) 555-01##", Tongue::English),
    place("Los Angeles", "CA", US, "900##", "(213) 555-01##", Tongue::English),
    place("Austin", "TX", US, "787##", "(512) 555-01##", Tongue::English),
    place("Chicago", "IL", US, "606##", "(312) 555-01##", Tongue::English),
    place("Springfield", "IL", US, "627##", "(217) 555-01##", Tongue::English),
    place("Springfield", "MA", US, "011##", "(413) 555-01##", Tongue::English),
    place("Portland", "OR", US, "972##", "(503) 555-01##", Tongue::English),
    place("Portland", "ME", US, "041##", "(207) 555-01##", Tongue::English),
    place("Seattle", "WA", US, "981##", "206-555-01##", Tongue::English),
    place("Winston-Salem", "North Carolina", US, "271##", "336-555-01##", Tongue::English),
    place("London", "", ("United Kingdom", "GB"), "EC#A #@@", "+44 20 7946 0###", Tongue::English),
    place(
        "Leeds",
        "West Yorkshire",
        ("United Kingdom", "GB"),
        "LS# #@@",
        "+44 113 496 0###",
        Tongue::English,
    ),
    place("Toronto", "ON", ("Canada", "CA"), "M#@ #@#", "+1 416-555-01##", Tongue::English),
    place("Montréal", "QC", ("Canada", "CA"), "H#@ #@#", "+1 514-555-01##", Tongue::French),
    place("Sydney", "NSW", ("Australia", "AU"), "20##", "+61 2 5550 ####", Tongue::English),
    place("Berlin", "Berlin", DE, "10###", "+49 30 23125 ###", Tongue::German),
    place("München", "Bayern", DE, "80###", "+49 89 99998 ###", Tongue::German),
    place("Nürnberg", "Bayern", DE, "90###", "0911/555 0###", Tongue::German),
    place("Köln", "Nordrhein-Westfalen", DE, "50###", "+49 221 4710 ###", Tongue::German),
    place(
        "Villingen-Schwenningen",
        "Baden-Württemberg",
        DE,
        "780##",
        "07721 555 0###",
        Tongue::German,
    ),
    place("Wien", "", ("Austria", "AT"), "10#0", "+43 1 555 0####", Tongue::German),
    place("Zürich", "ZH", ("Switzerland", "CH"), "80##", "+41 44 555 01 ##", Tongue::German),
    place("Genève", "GE", ("Switzerland", "CH"), "12##", "+41 22 555 01 ##", Tongue::French),
    place("Paris", "", ("France", "FR"), "750##", "+33 1 99 00 ## ##", Tongue::French),
    place("Saint-Étienne", "Loire", ("France", "FR"), "420##", "+33 4 65 71 ## ##", Tongue::French),
    place("Praha", "", ("Czechia", "CZ"), "1## 00", "+420 601 555 ###", Tongue::English),
];

/// A city whose name and state have accents, for names that are written in another Unicode form.
const ACCENTED: &[&str] = &["München", "Nürnberg", "Köln", "Zürich", "Genève", "Saint-Étienne"];

/// Any place.
pub(super) fn any(draw: &mut Draw) -> &'static Place {
    draw.pick(PLACES)
}

/// A place whose name has accents.
pub(super) fn accented(draw: &mut Draw) -> &'static Place {
    let city = draw.pick(ACCENTED);
    PLACES.iter().find(|place| place.city == *city).expect("accented cities are among the places")
}

/// The first place of that name.
pub(super) fn named(city: &str) -> Option<&'static Place> {
    PLACES.iter().find(|place| place.city == city)
}

/// A place in another city and another state.
pub(super) fn elsewhere(draw: &mut Draw, city: &str, state: &str) -> &'static Place {
    loop {
        let place = any(draw);
        if !place.city.eq_ignore_ascii_case(city.trim())
            && !place.state.eq_ignore_ascii_case(state.trim())
        {
            return place;
        }
    }
}

impl Place {
    pub(super) fn postal_code(&self, draw: &mut Draw) -> String {
        draw.figures(self.postal_code)
    }

    pub(super) fn telephone(&self, draw: &mut Draw) -> String {
        draw.figures(self.telephone)
    }

    /// A street with a house number, as it is written here.
    pub(super) fn street(&self, draw: &mut Draw) -> String {
        let number = draw.between(1, 9_999);
        let street = match self.tongue {
            Tongue::English => format!("{number} {}", fake_text(draw, &StreetName(EN))),
            Tongue::German => {
                let name = fake_text(draw, &LastName(DE_DE));
                let kind = draw.pick(&["straße", "weg", "platz", "allee", "gasse"]);
                format!("{name}{kind} {}", number % 300 + 1)
            }
            Tongue::French => {
                let name = fake_text(draw, &LastName(FR_FR));
                let kind = draw.pick(&["rue", "avenue", "boulevard", "place"]);
                format!("{}, {kind} {name}", number % 300 + 1)
            }
        };
        text::fitting(&street, 80).to_owned()
    }

    /// The name of the firm of this index. Firms of one name are rare however large the world is: those that come later
    /// bear one more family's name.
    pub(super) fn firm(&self, draw: &mut Draw, index: u64) -> String {
        let firm = self.plain_firm(draw);
        let firm = if index < PLAIN_FIRMS {
            firm
        } else {
            let family = self.last_name(draw);
            format!("{family} {firm}")
        };
        text::fitting(&firm, 70).to_owned()
    }

    fn plain_firm(&self, draw: &mut Draw) -> String {
        match self.tongue {
            Tongue::English => english_firm(draw),
            Tongue::German => {
                let name = fake_text(draw, &LastName(DE_DE));
                let trade = draw.pick(&[
                    "Maschinenbau",
                    "Logistik",
                    "Elektrotechnik",
                    "Gebäudetechnik",
                    "Büromöbel",
                    "Möbelwerke",
                    "Software",
                    "Druck",
                ]);
                let form = draw.pick(&["GmbH", "AG", "GmbH & Co. KG", "KG", "e.K."]);
                format!("{name} {trade} {form}")
            }
            Tongue::French => {
                let name = fake_text(draw, &LastName(FR_FR));
                let trade = draw.pick(&[
                    "Électricité",
                    "Conseil",
                    "& Fils",
                    "Transports",
                    "Matériaux",
                    "Boulangerie",
                ]);
                let form = draw.pick(&["SARL", "SA", "SAS", "SNC"]);
                format!("{name} {trade} {form}")
            }
        }
    }

    pub(super) fn first_name(&self, draw: &mut Draw) -> String {
        let name = match self.tongue {
            Tongue::English => fake_text(draw, &FirstName(EN)),
            Tongue::German => fake_text(draw, &FirstName(DE_DE)),
            Tongue::French => fake_text(draw, &FirstName(FR_FR)),
        };
        text::fitting(&name, 30).to_owned()
    }

    pub(super) fn last_name(&self, draw: &mut Draw) -> String {
        let name = match self.tongue {
            Tongue::English => fake_text(draw, &LastName(EN)),
            Tongue::German => fake_text(draw, &LastName(DE_DE)),
            Tongue::French => fake_text(draw, &LastName(FR_FR)),
        };
        text::fitting(&name, 40).to_owned()
    }
}

fn english_firm(draw: &mut Draw) -> String {
    let trade = draw.pick(&[
        "Dental",
        "Logistics",
        "Plumbing",
        "Legal",
        "Foods",
        "Systems",
        "Roofing",
        "Hardware",
        "Media",
    ]);
    match draw.below(4) {
        0 => fake_text(draw, &CompanyName(EN)),
        1 => format!("{} {trade} Inc.", fake_text(draw, &LastName(EN))),
        2 => {
            let (one, other) = (fake_text(draw, &LastName(EN)), fake_text(draw, &LastName(EN)));
            format!("{one} & {other} {trade}")
        }
        _ => {
            let (one, other) = (fake_text(draw, &LastName(EN)), fake_text(draw, &LastName(EN)));
            format!("{one} {trade} of {other}, LLC")
        }
    }
}

fn fake_text<F>(draw: &mut Draw, faker: &F) -> String
where
    String: fake::Dummy<F>,
{
    <String as fake::Dummy<F>>::dummy_with_rng(faker, draw.generator())
}
