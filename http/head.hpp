#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
  /// What follows a whole head is left out: one request a connection, and none has a body.
  head_state take(std::string_view piece);
  head_state state() const { return state_; }
  const std::string& text() const { return text_; }

private:
  std::string text_;
  std::size_t lines_ = 0;
  head_state state_ = head_state::unfinished;
};

/// The value of a field, without blanks around it; nothing where there is none, or more than one.
std::optional<std::string_view> only_field(std::string_view head, std::string_view name);

/// The head without every field of that name.
std::string without_field(std::string_view head, std::string_view name);

/// Whether a Host field, e.g. "localhost:9401", names this machine by a name that no other machine can take.
bool is_own_host(std::string_view host);

} // namespace truckee::http
