#pragma once

#include "truckee/base/secret_text.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// HTTP as the storage protocol uses it: what is asked and answered, whatever carries it. Source: docs/formats.md section 15.
namespace truckee::gbs {

enum class method : std::uint8_t { get, post, put };
/// "GET".
std::string_view to_word(method x);

/// One line of a head. Values may be secrets, so all are wiped and none is shown.
struct header {
  std::string_view name; ///< a constant
  secret_text value;
};

/// What a client sends. Host, Content-Length and what the connection needs are whoever's who carries it.
struct request {
  method how = method::get;
  std::string target; ///< "/storage/v1/..."; nothing secret
  std::vector<header> headers;
  std::vector<shared_bytes> body; ///< in pieces, so that shares need not be copied
  /// A longer answer is not read to its end.
  std::uint64_t answer_bytes_max = 0;
};

/// What a server answers.
struct response {
  unsigned status = 0;
  std::string content_type;
  std::string content_range;
  shared_bytes body;
  std::string allow = {}; ///< with 405: the method that would do
};

namespace headers {
inline constexpr std::string_view accept = "Accept";
inline constexpr std::string_view authorization = "Authorization";
inline constexpr std::string_view content_type = "Content-Type";
inline constexpr std::string_view range = "Range";
inline constexpr std::string_view secret = "X-Tahoe-Authorization";
} // namespace headers

/// The media types that are spoken.
inline constexpr std::string_view cbor_type = "application/cbor";
inline constexpr std::string_view share_type = "application/octet-stream";

} // namespace truckee::gbs
