#pragma once

#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/codec/share_error.hpp"
#include "truckee/grid/publish/publish_message.hpp"
#include "truckee/grid/read/retrieve_plan.hpp"
#include "truckee/grid/strict/slot_map.hpp"
#include "truckee/shares/encode.hpp"
#include "truckee/shares/file_access.hpp"

#include <vector>

/// One face for every share format. What a server gave is hostile; all that is said of it here is either proved by the
/// capability or a typed error. A share's *head* is what the first read of it brought: its first bytes.
namespace truckee::shares {

/// The first read of every share: small shares fit whole, so that they need no second trip.
inline constexpr std::uint64_t first_read_size = 4000;

/// A part of the content, in bytes, cut where the content ends; as it stands, all of it.
struct content_range {
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;
  friend bool operator==(const content_range&, const content_range&) = default;
};

/// What a reader needs of one share beyond its head; which parts that are is the format's business.
struct share_body {
  share_number share;
  shared_bytes share_hashes; ///< leads from this share to the signed root
  shared_bytes block_hashes; ///< leads from its blocks to the share; empty where not all of it was read
  shared_bytes blocks;
};

/// The content that was asked for, and the salts of the segments it lies in where the header has none (MDMF): who makes shares
/// of the version again needs them.
struct decoded_version {
  shared_bytes content;
  std::vector<crypto::version_salt> salts;
};

/// What became of a fetched body.
struct judged_body {
  grid::share_verdict verdict = grid::share_verdict::bad;
  std::string reason; ///< unless it is good
  share_body body;    ///< when it is good
};

/// The rules of one format.
class share_format {
public:
  virtual ~share_format() = default;

  /// Verifies a head for itself: header, fingerprint, signature; hashes and blocks as far as they are in it.
  virtual codec::share_result<grid::file_version> verify_head(const file_access& access, share_number share,
                                                              byte_view head) const = 0;
  /// Bytes of the whole share by its own table; what is stored may be longer.
  virtual std::optional<std::uint64_t> share_length(byte_view head) const = 0;
  /// Where the encrypted private key lies.
  virtual std::optional<grid::read_vector> private_key_range(byte_view head) const = 0;
  /// The signature, of a head that is verified.
  virtual std::optional<crypto::signature> signature(byte_view head) const = 0;
  /// Where signatures begin in all shares of a file with this key; nothing where that is not one place.
  virtual std::optional<std::uint64_t> signature_offset(byte_view public_key) const = 0;
  /// What tests compare of a share of that version, and the note in its signature; of a head that is verified.
  virtual std::optional<grid::sealed_share>
  sealed(const file_access& access, const grid::file_version& version, byte_view head) const = 0;

  /// What to read of a share to have what its body has of a range of the content; empty where the head has it; nothing where
  /// the head does not parse. A format may need more than the range: SDMF has one block for all.
  virtual std::optional<std::vector<grid::read_vector>> reads_for_body(const shared_bytes& head,
                                                                       const content_range& range) const = 0;
  /// Whether the share is still of the version that is read and leads to its root. `reads`: the answer to reads_for_body.
  virtual judged_body judge_body(const grid::file_version& version, share_number share,
                                 const shared_bytes& head, const std::vector<shared_bytes>& reads,
                                 const content_range& range) const = 0;
  /// That range of the content from k or more good bodies of it.
  virtual result<decoded_version> decode(const grid::file_version& version, const crypto::read_key& key,
                                         const std::map<share_number, share_body>& bodies,
                                         codec::erasure_codes& codes, const content_range& range) const = 0;
  /// What is wrong with a whole share of that version; nothing if every byte that anything depends on is right. With a
  /// write key its private key is proved too.
  virtual std::optional<std::string> find_fault(const file_access& access, const grid::file_version& version,
                                                share_number share, byte_view whole) const = 0;

  virtual result<encoded_version> encode(const encode_request& request,
                                         const codec::codec_context& context) const = 0;
  virtual std::uint64_t share_size(std::uint64_t content_bytes, const grid::spread& spread,
                                   const crypto::private_key& key) const = 0;
};

/// By its name.
const share_format& format_named(grid::share_format name);
/// By a share's first byte.
codec::share_result<const share_format*> format_of(byte_view head);

// What actors use: each asks the format that the share, or the version, is of.

std::optional<std::uint64_t> share_length(const shared_bytes& head);
std::optional<grid::read_vector> private_key_range(const shared_bytes& head);
/// The private key, proved by the write key; the same in every format. Nothing without a write key, too.
std::optional<crypto::private_key> open_private_key(const file_access& access, byte_view encrypted);
std::optional<std::vector<grid::read_vector>> reads_for_body(const shared_bytes& head,
                                                             const content_range& range = {});
judged_body judge_body(const grid::file_version& version, share_number share, const shared_bytes& head,
                       const std::vector<shared_bytes>& reads, const content_range& range = {});
/// Errors as codec/sdmf/decode.hpp and codec/mdmf/decode.hpp say.
result<decoded_version> decode(const grid::file_version& version, const crypto::read_key& key,
                               const std::map<share_number, share_body>& bodies, codec::erasure_codes& codes,
                               const content_range& range = {});
std::optional<std::string> find_fault(const file_access& access, const grid::file_version& version,
                                      share_number share, const shared_bytes& whole);

} // namespace truckee::shares
