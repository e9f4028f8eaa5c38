#include "truckee/logs/event_log.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace truckee::logs {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/+-,@").find(c) != std::string_view::npos;
}

std::string_view cut(std::string_view text) {
  return text.substr(0, event_log::value_bytes_max);
}

/// One token: nothing in it ends a value or a line, or moves a terminal's cursor.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append({'\\', c});
    else if (c == '\n')
      out += "\\n";
    else if (c < ' ' || c > '~') // beyond ASCII as well: there are control characters, too
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

struct as_text_value {
  std::string operator()(std::string_view x) const {
    x = cut(x);
    return !x.empty() && std::all_of(x.begin(), x.end(), is_plain) ? std::string(x) : quoted(x);
  }
  std::string operator()(double x) const { return fmt::format("{:.6g}", x); }
  std::string operator()(bool x) const { return x ? "yes" : "no"; }
  std::string operator()(std::integral auto x) const { return std::to_string(x); }
};

struct as_json_value {
  std::string operator()(std::string_view x) const {
    // Only ASCII comes out, and what is not UTF-8 is replaced.
    return nlohmann::json(cut(x)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
  std::string operator()(double x) const { return std::isfinite(x) ? fmt::format("{:.6g}", x) : "null"; }
  std::string operator()(bool x) const { return x ? "true" : "false"; }
  std::string operator()(std::integral auto x) const { return std::to_string(x); }
};

} // namespace

std::string render(std::string_view event, std::span<const field> fields, line_format format) {
  if (format == line_format::json) {
    auto out = fmt::format(R"("event":"{}")", event);
    for (const auto& x : fields)
      out += fmt::format(R"(,"{}":{})", x.key, std::visit(as_json_value{}, x.what));
    return out;
  }
  auto out = fmt::format("event={}", event);
  for (const auto& x : fields)
    out += fmt::format(" {}={}", x.key, std::visit(as_text_value{}, x.what));
  return out;
}

} // namespace truckee::logs
