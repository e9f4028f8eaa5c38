#pragma once

#include "truckee/codec/encode_stage.hpp"
#include "truckee/codec/pipeline/encode.hpp"
#include "truckee/grid/publish/publish_message.hpp"
#include "truckee/grid/spread.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>

namespace truckee::shares {

using codec::codec_context;
using codec::encode_stages;
using codec::encode_timings;

/// A version that exists already, of which some shares shall be made again (repair).
struct existing_version {
  grid::file_version version;
  crypto::signature signature;
  std::vector<crypto::version_salt> salts = {}; ///< of its segments, where its header has none
};

/// The version with the signature that one of its shares carries. `heads`: verified ones of that version; `salts`: as
/// decoding it gave. Nothing where none has a signature.
std::optional<existing_version> existing(const grid::file_version& version,
                                         std::span<const shared_bytes> heads,
                                         std::vector<crypto::version_salt> salts);

/// One version to be made. Filled by name.
struct encode_request {
  grid::share_format format = grid::share_format::sdmf;
  byte_view content; ///< must stay until the call returns; not kept
  grid::spread spread;
  sequence_number sequence{1};
  const crypto::file_keys& keys;
  /// Called as each stage begins, in the calling thread.
  std::function<void(stage)> on_stage = {};
  /// Looked at before each stage; the answer is then errc::cancelled.
  std::stop_token stop = {};
  /// Makes the shares of this version again, byte for byte, instead of a new version; format, spread and sequence are then
  /// its own. errc::corrupt if the content or the signature is not this version's.
  const existing_version* again = nullptr;
  /// Of the signature, where its bytes say something (grid/strict/writer_note.hpp); nothing: drawn.
  std::optional<crypto::pss_salt> salt = {};
};

/// One version of a file, ready to be sent.
struct encoded_version {
  grid::file_version version;
  std::map<share_number, grid::share_content> shares;
  encode_timings timings;
};

/// Encrypts, encodes, hashes and signs content into N shares. In builds with assertions, every share that was made is parsed and verified as a reader would.
result<encoded_version> encode(const encode_request& request, const codec_context& context);

/// Bytes of one whole share of a new version; 0 for a spread that makes no sense: encoding tells.
std::uint64_t share_size(grid::share_format format, std::uint64_t content_bytes, const grid::spread& spread,
                         const crypto::private_key& key);

} // namespace truckee::shares
