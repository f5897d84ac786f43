//! Takes two things into the program that it would otherwise need the repository for: the built-in stories, and the
//! vocabulary they are told in, read from the steps' own attributes and doc comments.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, Token, punctuated::Punctuated};

/// Attributes that make a function a step, and the keyword each stands for.
const KEYWORDS: [&str; 3] = ["given", "when", "then"];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::new();
    write_features(&folder.join("features"), &mut code)?;
    write_steps(&folder.join("src/story"), &mut code)?;
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}

fn write_features(folder: &Path, code: &mut String) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    code.push_str("/// The built-in stories: their files' names and texts.\npub(in crate::runner) const FEATURES: &[(&str, &str)] = &[\n");
    for file in files(folder, "feature")? {
        let name = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        writeln!(code, "    ({name:?}, include_str!({:?})),", file.display().to_string())?;
    }
    code.push_str("];\n");
    Ok(())
}

fn write_steps(folder: &Path, code: &mut String) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    code.push_str("/// All steps, in the order of their files and lines.\npub(super) const STEPS: &[Step] = &[\n");
    for file in files(folder, "rs")? {
        let name = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        for item in syn::parse_file(&fs::read_to_string(&file)?)?.items {
            let Item::Fn(function) = item else { continue };
            let told: Vec<_> = function.attrs.iter().filter_map(step).collect();
            let Some(Told { pattern, is_expression, .. }) = told.first() else { continue };
            let keywords: Vec<_> = told.iter().map(|told| told.keyword).collect();
            let doc: Vec<_> = function.attrs.iter().filter_map(doc_line).collect();
            let doc = doc.join("\n");
            writeln!(
                code,
                "    Step {{ keywords: &{keywords:?}, pattern: {pattern:?}, is_expression: {is_expression}, doc: {doc:?}, file: {name:?} }},"
            )?;
        }
    }
    code.push_str("];\n");
    Ok(())
}

/// All files below a folder that end so, in the order of their names.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What an attribute says that makes a function a step.
struct Told {
    keyword: &'static str,
    pattern: String,
    /// Whether the pattern is an expression, with places for what a story fills in, or the words to the letter.
    is_expression: bool,
}

fn step(attribute: &Attribute) -> Option<Told> {
    let keyword = KEYWORDS.into_iter().find(|keyword| attribute.path().is_ident(keyword))?;
    let Meta::List(list) = &attribute.meta else { return None };
    let arguments = list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    let text = |expression: &Expr| match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    };
    match arguments.first()? {
        Expr::Assign(assign) => {
            Some(Told { keyword, pattern: text(&assign.right)?, is_expression: true })
        }
        literal => Some(Told { keyword, pattern: text(literal)?, is_expression: false }),
    }
}

/// A line of a doc comment, without the blank it begins with.
fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    if !pair.path.is_ident("doc") {
        return None;
    }
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    let text = text.value();
    Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
}
