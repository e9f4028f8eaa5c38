#pragma once

#include "truckee/base/bytes.hpp"

#include <iosfwd>
#include <string>
#include <string_view>

namespace truckee {

/// A text that is a secret, as a capability is: a string whose memory is wiped when it is let go of, and that no stream
/// takes by itself. Who wants to show it says std::string_view(x). Copies that CAF makes of a message's bytes on their
/// way are not its.
class secret_text : public std::string {
public:
  secret_text() = default;
  secret_text(std::string_view text) : std::string(text) {}
  secret_text(const std::string& text) : std::string(text) {}
  secret_text(const char* text) : std::string(text) {}
  secret_text(const secret_text&) = default;
  secret_text(secret_text&& from) : std::string(std::string_view(from)) { from.forget(); }
  secret_text& operator=(const secret_text& from) {
    if (this != &from)
      take(from);
    return *this;
  }
  secret_text& operator=(secret_text&& from) {
    if (this != &from) {
      take(from);
      from.forget();
    }
    return *this;
  }
  ~secret_text() { forget(); }

  /// Empties and wipes it.
  void forget() noexcept {
    resize(capacity()); // stays where it is
    wipe(std::as_writable_bytes(std::span(*static_cast<std::string*>(this))));
    clear();
  }

  friend std::ostream& operator<<(std::ostream&, const secret_text&) = delete;

private:
  void take(std::string_view text) {
    forget();
    assign(text);
  }
};

} // namespace truckee
