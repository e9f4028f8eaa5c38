#pragma once

#include "truckee/base/file_format.hpp"
#include "truckee/base/result.hpp"
#include "truckee/crypto/keys.hpp"

#include <variant>

/// Capabilities: the texts that name a mutable file and say what their holder may do. Source:
/// docs/formats.md section 5. A text with a write or read key is a secret: keep it out of logs and arguments.
namespace truckee::crypto {

using truckee::file_format;

/// May write, and all below.
struct write_cap {
  file_format format = file_format::sdmf;
  write_key key;
  crypto::fingerprint fingerprint;
  friend bool operator==(const write_cap&, const write_cap&) = default;
};

/// May read, and all below.
struct read_cap {
  file_format format = file_format::sdmf;
  read_key key;
  crypto::fingerprint fingerprint;
  friend bool operator==(const read_cap&, const read_cap&) = default;
};

/// May find the shares and check them.
struct verify_cap {
  file_format format = file_format::sdmf;
  storage_index slot;
  crypto::fingerprint fingerprint;
  friend bool operator==(const verify_cap&, const verify_cap&) = default;
};

using file_cap = std::variant<verify_cap, read_cap, write_cap>;

/// Any capability this library knows: that of a file, or of a directory (a DIR2 form), which wraps its
/// file's.
struct capability {
  file_cap file;
  bool directory = false;
  friend bool operator==(const capability&, const capability&) = default;
};

/// How a text can fail to be a capability. Closed.
enum class cap_fault : std::uint8_t {
  not_a_capability, ///< does not begin with URI:
  unknown_kind,     ///< URI: and a word that is no mutable file's or directory's
  missing_field,    ///< ends before its key or fingerprint
  bad_key,          ///< the first field is not 26 characters of lower-case base32
  bad_fingerprint,  ///< the second field is not 52 characters of lower-case base32
  trailing_text,    ///< more text where the capability must end
};

/// Never quotes the text: it may be a secret.
struct cap_error {
  cap_fault fault = cap_fault::not_a_capability;
  std::string detail;
};
/// The same as errc::bad_capability.
error to_error(const cap_error& e);

/// Reads one capability. MDMF forms may carry anything after a further ':'; it is dropped. Surrounding space
/// is not tolerated here: who reads files or standard input strips it.
tl::expected<capability, cap_error> parse_capability(std::string_view text);

/// The one canonical text.
std::string to_text(const capability& cap);
std::string to_text(const file_cap& cap);

read_cap to_read_cap(const write_cap& cap);
verify_cap to_verify_cap(const read_cap& cap);
verify_cap to_verify_cap(const write_cap& cap);
verify_cap to_verify_cap(const file_cap& cap);
/// Nothing when the capability is too weak.
std::optional<read_cap> to_read_cap(const file_cap& cap);
std::optional<write_cap> to_write_cap(const file_cap& cap);

file_format format_of(const file_cap& cap);
const fingerprint& fingerprint_of(const file_cap& cap);
storage_index storage_index_of(const file_cap& cap);
/// "write", "read" or "verify".
std::string_view strength_of(const file_cap& cap);

} // namespace truckee::crypto
