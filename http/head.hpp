#pragma once

#include "truckee/base/secret_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What stands before a request's body, as text. Pure: whoever reads the bytes decides how long to wait.
namespace truckee::http {

/// Bytes of a request line and its fields, with the empty line behind them.
inline constexpr std::size_t head_bytes_max = 16 * 1024;
inline constexpr std::size_t head_fields_max = 64;

enum class head_state : std::uint8_t {
  unfinished, ///< more is to come
  whole,      ///< up to and with its empty line
  too_large,  ///< more bytes or fields than a head may have
};

/// Takes a request's first bytes as they come, and never holds more than head_bytes_max of them.
class head_reader {
public:
  /// What follows a whole head is not taken; left_over() says how much of the last piece that was.
  head_state take(std::string_view piece);
  std::size_t left_over() const { return left_over_; }
  head_state state() const { return state_; }
  const std::string& text() const { return text_; }

private:
  secret_text text_; ///< with whatever entitles the caller
  std::size_t lines_ = 0;
  std::size_t left_over_ = 0;
  head_state state_ = head_state::unfinished;
};

/// A head taken apart; views of its text.
struct request_head {
  std::string_view method;
  std::string_view target;  ///< as it came, e.g. "/storage/v1/version"
  bool keeps_alive = false; ///< whether the caller may ask again on this connection
  std::vector<std::pair<std::string_view, std::string_view>>
      fields; ///< as they came; values without blanks around them

  /// How often there is a field of that name, in any case.
  std::size_t count(std::string_view name) const;
  /// All of that name, in their order.
  std::vector<std::string_view> all(std::string_view name) const;
  /// The first of that name; empty where there is none.
  std::string_view first(std::string_view name) const;
};

/// HTTP/1.1 or 1.0 to the letter (RFC 9112): no line that goes on in the next one, no blank before a colon, no bare CR or LF, no
/// other control character. Nothing for anything else.
std::optional<request_head> parse_head(std::string_view head);

/// How long a request's body is, by its head.
struct body_length {
  std::uint64_t bytes = 0;
  unsigned refused =
      0; ///< the status that says why there is no telling: 400, or 411 for a body that comes in chunks
};
body_length body_length_of(const request_head& head);

/// The value of a field, without blanks around it; nothing where there is none, or more than one.
std::optional<std::string_view> only_field(std::string_view head, std::string_view name);

/// The head without every field of that name.
std::string without_field(std::string_view head, std::string_view name);

/// Whether a Host field, e.g. "localhost:9401", names this machine by a name that no other machine can take.
bool is_own_host(std::string_view host);

} // namespace truckee::http
