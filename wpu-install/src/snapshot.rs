//! Catalogs as JSON: `wpu catalog --json` writes them, and a plan can be made from them on another system.

use crate::catalog::{Catalog, Catalogs, Entry, Width, named};
use crate::findings::{Fault, Finding};
use crate::guid::{GuidText, parse_guid};
use crate::listing::Listing;
use serde::{Deserialize, Serialize};
use std::fmt;
use wpu_sys::WideString;
use wpu_sys::ffi::WSAPROTOCOL_INFOW;

/// Two lists of entries. An absent catalog was not read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    #[serde(rename = "64", skip_serializing_if = "Option::is_none")]
    bits64: Option<Vec<Record>>,
    #[serde(rename = "32", skip_serializing_if = "Option::is_none")]
    bits32: Option<Vec<Record>>,
    /// The faults. They are computed again for another system's catalogs, except files that are missing
    /// there.
    #[serde(default)]
    findings: Vec<Found>,
}

/// A fault.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    catalog: String,
    entry: u32,
    /// The identifier of a [`Fault`].
    fault: String,
    /// The id that a chain names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// An entry. Absent numbers are 0.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Record {
    id: u32,
    name: String,
    provider: String,
    path: String,
    /// 0 for the hidden entry of a layer, 1 for a base provider, more for chains.
    chain_length: i32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chain: Vec<u32>,
    family: i32,
    #[serde(rename = "type")]
    kind: i32,
    protocol: i32,
    service_flags: u32,
    provider_flags: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    categories: u32,
    version: i32,
    min_address: i32,
    max_address: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    message_size: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    protocol_range: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    byte_order: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    security: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    reserved: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    more_flags: [u32; 3],
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The error of a text that is not a catalog.
#[derive(Debug)]
pub struct BadSnapshot(String);

impl fmt::Display for BadSnapshot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "this is not a catalog that `wpu catalog --json` wrote: {}", self.0)
    }
}

impl std::error::Error for BadSnapshot {}

/// Formats the catalogs as JSON.
#[must_use]
pub fn write_snapshot(catalogs: &Catalogs) -> String {
    write_listing(&Listing { catalogs, findings: &[] })
}

/// Formats the catalogs and their faults as JSON.
#[must_use]
pub fn write_listing(listing: &Listing<'_>) -> String {
    let records =
        |width| listing.catalogs.get(width).map(|catalog| catalog.entries.iter().map(record).collect());
    let snapshot = Snapshot {
        bits64: records(Width::Bits64),
        bits32: records(Width::Bits32),
        findings: listing.findings.iter().map(found).collect(),
    };
    serde_json::to_string_pretty(&snapshot).unwrap_or_default() + "\n"
}

/// The files of providers that were missing on the system where a JSON text was written.
///
/// # Errors
///
/// The fault of the text.
pub fn missing_files(text: &str) -> Result<Vec<(Width, WideString)>, BadSnapshot> {
    let snapshot: Snapshot = serde_json::from_str(text).map_err(|error| BadSnapshot(error.to_string()))?;
    let width = |word: &str| Width::ALL.into_iter().find(|width| width.word() == word);
    let missing = snapshot.findings.iter().filter(|found| found.fault == MISSING);
    let files = missing.filter_map(|found| Some((width(&found.catalog)?, found.path.as_deref()?.into())));
    Ok(files.collect())
}

const MISSING: &str = "file-missing";

fn found(finding: &Finding) -> Found {
    use Fault::{
        FileMissing, IfsAboveNonIfs, LayerMissing, LayerTwice, LinkMisplaced, LinkMissing, PassedBy,
        PathNotWhole,
    };
    let link = match finding.fault {
        LinkMissing { link }
        | LayerMissing { link }
        | LinkMisplaced { link }
        | LayerTwice { link }
        | IfsAboveNonIfs { link }
        | PassedBy { by: link } => Some(link),
        _ => None,
    };
    let path = match &finding.fault {
        FileMissing { path } | PathNotWhole { path } => Some(path.to_string()),
        _ => None,
    };
    Found {
        catalog: finding.width.word().to_owned(),
        entry: finding.entry,
        fault: finding.fault.word().to_owned(),
        link,
        path,
        text: finding.fault.to_string(),
        help: finding.help.clone(),
    }
}

/// Parses the catalogs of a JSON text.
///
/// # Errors
///
/// The fault of the text.
pub fn read_snapshot(text: &str) -> Result<Catalogs, BadSnapshot> {
    let snapshot: Snapshot = serde_json::from_str(text).map_err(|error| BadSnapshot(error.to_string()))?;
    let mut catalogs = Catalogs::default();
    for (width, records) in [(Width::Bits64, snapshot.bits64), (Width::Bits32, snapshot.bits32)] {
        let Some(records) = records else { continue };
        let catalog = Catalog { entries: records.iter().map(entry).collect::<Result<_, _>>()? };
        let mut ids = catalog.ids();
        ids.sort_unstable();
        if let Some([twice, _]) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(BadSnapshot(format!("the {width} catalog has two entries {twice}")));
        }
        *catalogs.slot(width) = Some(catalog);
    }
    if catalogs.all().next().is_none() {
        return Err(BadSnapshot("it has neither a catalog `64` nor a catalog `32`".to_owned()));
    }
    Ok(catalogs)
}

fn record(entry: &Entry) -> Record {
    let info = &entry.info;
    Record {
        id: entry.id(),
        name: entry.name(),
        provider: GuidText(info.ProviderId).to_string(),
        path: entry.path.to_string(),
        chain_length: info.ProtocolChain.ChainLen,
        chain: entry.links().to_vec(),
        family: info.iAddressFamily,
        kind: info.iSocketType,
        protocol: info.iProtocol,
        service_flags: info.dwServiceFlags1,
        provider_flags: info.dwProviderFlags,
        categories: entry.categories,
        version: info.iVersion,
        min_address: info.iMinSockAddr,
        max_address: info.iMaxSockAddr,
        message_size: info.dwMessageSize,
        protocol_range: info.iProtocolMaxOffset,
        byte_order: info.iNetworkByteOrder,
        security: info.iSecurityScheme,
        reserved: info.dwProviderReserved,
        more_flags: [info.dwServiceFlags2, info.dwServiceFlags3, info.dwServiceFlags4],
    }
}

fn entry(record: &Record) -> Result<Entry, BadSnapshot> {
    let bad = |why: &str| BadSnapshot(format!("entry {}: {why}", record.id));
    let provider = parse_guid(&record.provider).ok_or_else(|| bad("`provider` is not an id"))?;
    // An excessive length is a fault, and is listed as such.
    let links = usize::try_from(record.chain_length).unwrap_or(0);
    let links =
        if links > 1 { links.min(WSAPROTOCOL_INFOW::ZERO.ProtocolChain.ChainEntries.len()) } else { 0 };
    if record.chain.len() != links {
        return Err(bad("`chain-length` and `chain` do not match"));
    }
    let mut info = WSAPROTOCOL_INFOW {
        dwServiceFlags1: record.service_flags,
        dwServiceFlags2: record.more_flags[0],
        dwServiceFlags3: record.more_flags[1],
        dwServiceFlags4: record.more_flags[2],
        dwProviderFlags: record.provider_flags,
        ProviderId: provider,
        dwCatalogEntryId: record.id,
        iVersion: record.version,
        iAddressFamily: record.family,
        iMaxSockAddr: record.max_address,
        iMinSockAddr: record.min_address,
        iSocketType: record.kind,
        iProtocol: record.protocol,
        iProtocolMaxOffset: record.protocol_range,
        iNetworkByteOrder: record.byte_order,
        iSecurityScheme: record.security,
        dwMessageSize: record.message_size,
        dwProviderReserved: record.reserved,
        szProtocol: named(&record.name),
        ..WSAPROTOCOL_INFOW::ZERO
    };
    info.ProtocolChain.ChainLen = record.chain_length;
    for (slot, id) in info.ProtocolChain.ChainEntries.iter_mut().zip(&record.chain) {
        *slot = *id;
    }
    Ok(Entry { info, path: record.path.as_str().into(), categories: record.categories })
}
