//! Which scenarios are meant, in which order, and which an importer from outside cannot be told.

use cucumber::gherkin::{Background, Feature, Rule, Scenario, Step};
use cucumber::tag::Ext as _;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Arguments, Choice, black_box, path_of};

/// The scenarios of a feature, each with its rule if it stands in one.
pub(super) fn scenarios(feature: &Feature) -> impl Iterator<Item = (Option<&Rule>, &Scenario)> {
    let own = feature.scenarios.iter().map(|scenario| (None, scenario));
    let of_rules = feature.rules.iter();
    own.chain(of_rules.flat_map(|rule| rule.scenarios.iter().map(move |s| (Some(rule), s))))
}

/// The backgrounds of a feature and its rules.
pub(super) fn backgrounds(feature: &Feature) -> impl Iterator<Item = &Background> {
    feature
        .background
        .iter()
        .chain(feature.rules.iter().filter_map(|rule| rule.background.as_ref()))
}

/// The tags of a scenario: its feature's, its rule's and its own.
pub(super) fn tags<'a>(
    feature: &'a Feature,
    rule: Option<&'a Rule>,
    scenario: &'a Scenario,
) -> impl Iterator<Item = &'a String> + Clone {
    let of_rule = rule.map(|rule| rule.tags.as_slice()).unwrap_or_default();
    feature.tags.iter().chain(of_rule).chain(&scenario.tags)
}

/// A scenario with what belongs to it.
struct Candidate<'a> {
    /// Its feature, without scenarios.
    feature: &'a Feature,
    /// The name of its rule, where it has one.
    rule: Option<&'a str>,
    scenario: &'a Scenario,
    /// Its own tags, its rule's and its feature's.
    tags: Vec<&'a String>,
    /// Its own steps after those of its backgrounds.
    steps: Vec<&'a Step>,
}

/// The features with the scenarios that tags and rules ask for.
pub(super) fn chosen(features: Vec<Feature>, choice: &Choice) -> Vec<Feature> {
    let rules = &choice.rule;
    retained(features, &mut |Candidate { tags, .. }| {
        let is_of_rule = |tag: &&String| rules.iter().any(|rule| rule.eq_ignore_ascii_case(tag));
        (rules.is_empty() || tags.iter().any(is_of_rule))
            && choice.tags.as_ref().is_none_or(|operation| operation.eval(tags.iter().copied()))
    })
}

/// The features without the scenarios that do not pass.
fn retained(
    mut features: Vec<Feature>,
    passes: &mut dyn FnMut(Candidate<'_>) -> bool,
) -> Vec<Feature> {
    for feature in &mut features {
        let head = Feature { scenarios: Vec::new(), rules: Vec::new(), ..feature.clone() };
        let before: Vec<_> = head.background.iter().flat_map(|b| &b.steps).collect();
        feature.scenarios.retain(|scenario| {
            let tags = head.tags.iter().chain(&scenario.tags).collect();
            let steps = before.iter().copied().chain(&scenario.steps).collect();
            passes(Candidate { feature: &head, rule: None, scenario, tags, steps })
        });
        for rule in &mut feature.rules {
            let (name, tags, background) = (&rule.name, &rule.tags, &rule.background);
            let own: Vec<_> = background.iter().flat_map(|background| &background.steps).collect();
            rule.scenarios.retain(|scenario| {
                let tags = head.tags.iter().chain(tags).chain(&scenario.tags).collect();
                let steps = before.iter().chain(&own).copied().chain(&scenario.steps).collect();
                passes(Candidate { feature: &head, rule: Some(name), scenario, tags, steps })
            });
        }
        feature.rules.retain(|rule| !rule.scenarios.is_empty());
    }
    features.retain(|feature| count(std::slice::from_ref(feature)) > 0);
    features
}

/// How many scenarios features have.
pub(super) fn count(features: &[Feature]) -> usize {
    use cucumber::feature::Ext as _;

    features.iter().map(Feature::count_scenarios).sum()
}

/// Puts everything into an order that the seed decides, if that is asked for.
pub(super) fn put_in_order(features: &mut [Feature], arguments: &Arguments) {
    if !arguments.shuffle {
        return;
    }
    let mut random = ChaCha8Rng::seed_from_u64(arguments.seed);
    features.shuffle(&mut random);
    for feature in features {
        feature.scenarios.shuffle(&mut random);
        feature.rules.shuffle(&mut random);
        for rule in &mut feature.rules {
            rule.scenarios.shuffle(&mut random);
        }
    }
}

/// A scenario that is not told: its feature, its rule's name, itself, and why.
type Untellable = (Feature, Option<String>, Scenario, String);

/// One story by itself, with all that is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Single {
    /// Where it stands, as `scenarios run` takes it.
    pub(crate) place: String,
    pub(crate) name: String,
    /// Its own steps after those of its backgrounds.
    pub(crate) steps: Vec<Step>,
}

/// The stories of features, one by one.
pub(crate) fn singles(features: Vec<Feature>) -> Vec<Single> {
    let mut singles = Vec::new();
    retained(features, &mut |Candidate { feature, scenario, steps, .. }| {
        singles.push(Single {
            place: format!("{}:{}", path_of(feature), scenario.position.line),
            name: scenario.name.clone(),
            steps: steps.into_iter().cloned().collect(),
        });
        true
    });
    singles
}

/// Takes out what an importer from outside cannot be told.
pub(super) fn take_untellable(features: &mut Vec<Feature>) -> Vec<Untellable> {
    let mut taken = Vec::new();
    *features = retained(std::mem::take(features), &mut |candidate| {
        let Some(why) = black_box::why_not(&candidate.tags, &candidate.steps) else { return true };
        let rule = candidate.rule.map(str::to_owned);
        taken.push((candidate.feature.clone(), rule, candidate.scenario.clone(), why));
        false
    });
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use cucumber::gherkin::GherkinEnv;

    const TEXT: &str = "@slow\nFeature: F\n  @C1\n  Scenario: one\n    Given a\n  @K2\n  Scenario: two\n    Given a\n  Rule: r\n    @C1 @K2\n    Scenario: three\n      Given a\n";

    fn names(features: &[Feature]) -> Vec<String> {
        let rules = features.iter().flat_map(|f| &f.rules).flat_map(|rule| &rule.scenarios);
        let all = features.iter().flat_map(|f| &f.scenarios).chain(rules);
        all.map(|scenario| scenario.name.clone()).collect()
    }

    fn meant(choice: &Choice) -> Vec<String> {
        let feature = Feature::parse(TEXT, GherkinEnv::default()).unwrap();
        names(&chosen(vec![feature], choice))
    }

    #[test]
    fn tags_and_rules_choose_and_tags_of_features_count() {
        let tags = |text: &str| Choice { tags: Some(text.parse().unwrap()), ..Choice::default() };
        let rule = |rule: &str| Choice { rule: vec![rule.to_owned()], ..Choice::default() };

        assert_eq!(meant(&Choice::default()), ["one", "two", "three"]);
        assert_eq!(meant(&tags("@C1 and not @K2")), ["one"]);
        assert_eq!(meant(&tags("not @slow")), Vec::<String>::new());
        assert_eq!(meant(&rule("k2")), ["two", "three"]);
        assert_eq!(meant(&rule("K3")), Vec::<String>::new());
    }

    #[test]
    fn the_seed_decides_the_order() {
        let order = |seed| {
            let text: Vec<_> = (0..9).map(|n| format!("  Scenario: {n}\n    Given a\n")).collect();
            let text = text.concat();
            let mut features =
                [Feature::parse(format!("Feature: F\n{text}"), GherkinEnv::default()).unwrap()];
            put_in_order(&mut features, &Arguments { seed, shuffle: true, ..Arguments::default() });
            names(&features)
        };

        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
