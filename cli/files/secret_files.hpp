#pragma once

#include "truckee/base/private_file.hpp"

#include <string>
#include <string_view>

/// Capabilities come from files or standard input, never from the command line, where every user of the
/// machine could read them.
namespace truckee::cli {

/// A text that is wiped when it goes.
class secret_text {
public:
  explicit secret_text(std::string_view text) : text_(text.begin(), text.end()) {}
  ~secret_text() { wipe(std::as_writable_bytes(std::span{text_})); }
  secret_text(secret_text&&) noexcept = default; // a moved-from vector holds nothing
  secret_text& operator=(secret_text&&) = delete;
  secret_text(const secret_text&) = delete;

  std::string_view view() const { return {text_.data(), text_.size()}; }

private:
  std::vector<char> text_; // a std::string would leave short texts behind in a moved-from object
};

/// The one line of a capability file, or of standard input when `source` is "-", without the white space
/// around it. Errors name the source, never its content: usage (no such file, not readable), bad_capability
/// (empty, longer than a capability, several lines, characters that no capability has).
result<secret_text> read_cap_file(const std::string& source);

/// The same from an open descriptor.
result<secret_text> read_cap_stream(int descriptor, const std::string& name);

/// Writes a capability and a newline, readable by its owner only. Errors: refused, not_found, io.
result<void> write_cap_file(const std::filesystem::path& path, std::string_view cap, existing_file existing);

/// `text` with every capability in it cut to its kind ("URI:SSK:..."), for messages that repeat what a person
/// typed.
std::string without_capabilities(std::string_view text);

} // namespace truckee::cli
