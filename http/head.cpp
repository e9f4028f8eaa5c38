#include "truckee/http/head.hpp"

#include "truckee/base/address.hpp"

#include <algorithm>
#include <charconv>

namespace truckee::http {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

std::string_view name_of(std::string_view line) {
  return trimmed(line.substr(0, std::min(line.find(':'), line.size())));
}

/// Calls `each` with every line behind the request line, its end included.
template <class Each>
void for_fields(std::string_view head, Each each) {
  auto begin = head.find('\n');
  while (begin != head.npos && begin + 1 < head.size()) {
    const auto end = head.find('\n', begin + 1);
    each(head.substr(begin + 1, end == head.npos ? head.npos : end - begin));
    begin = end;
  }
}

/// What names and methods are made of (RFC 9110, token).
bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

/// Takes a line off the front, without its CRLF; nothing where there is no whole one.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  if (end == text.npos)
    return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

/// Whether a list of words in fields of that name has that one.
bool has_word(const request_head& head, std::string_view name, std::string_view word) {
  for (const auto& [each, value] : head.fields) {
    if (!same_word(each, name))
      continue;
    auto rest = value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (same_word(trimmed(rest.substr(0, comma)), word))
        return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

} // namespace

std::size_t request_head::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [&](const auto& x) { return same_word(x.first, name); }));
}

std::vector<std::string_view> request_head::all(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& [each, value] : fields)
    if (same_word(each, name))
      out.push_back(value);
  return out;
}

std::string_view request_head::first(std::string_view name) const {
  const auto at = std::ranges::find_if(fields, [&](const auto& x) { return same_word(x.first, name); });
  return at == fields.end() ? std::string_view{} : at->second;
}

std::optional<request_head> parse_head(std::string_view head) {
  constexpr std::string_view version = "HTTP/1.";
  request_head out;
  auto line = take_line(head);
  if (!line)
    return std::nullopt;
  const auto first = line->find(' ');
  const auto last = line->rfind(' ');
  if (first == line->npos || last == first)
    return std::nullopt;
  out.method = line->substr(0, first);
  out.target = line->substr(first + 1, last - first - 1);
  const auto spoken = line->substr(last + 1);
  if (!is_token(out.method) || !is_target(out.target) || !spoken.starts_with(version) ||
      (spoken.substr(version.size()) != "1" && spoken.substr(version.size()) != "0"))
    return std::nullopt;
  while ((line = take_line(head)) && !line->empty()) {
    const auto colon = line->find(':');
    if (colon == line->npos || !is_token(line->substr(0, colon)) || !is_value(line->substr(colon + 1)))
      return std::nullopt;
    out.fields.emplace_back(line->substr(0, colon), trimmed(line->substr(colon + 1)));
  }
  if (!line || !head.empty())
    return std::nullopt;
  out.keeps_alive = spoken.ends_with('1') && !has_word(out, "Connection", "close");
  return out;
}

body_length body_length_of(const request_head& head) {
  constexpr std::size_t digits_max = 19; // any number of that many fits
  if (head.count("Transfer-Encoding") > 0)
    return {0, 411};
  const auto count = head.count("Content-Length");
  if (count == 0)
    return {};
  const auto text = head.first("Content-Length");
  body_length out;
  const auto* end = text.data() + text.size();
  if (count > 1 || text.empty() || text.size() > digits_max ||
      std::from_chars(text.data(), end, out.bytes).ptr != end)
    return {0, 400};
  return out;
}

head_state head_reader::take(std::string_view piece) {
  while (!piece.empty() && state_ == head_state::unfinished) {
    const auto end = piece.find('\n');
    const auto length = std::min(end == piece.npos ? piece.size() : end + 1, head_bytes_max - text_.size());
    text_.append(piece.substr(0, length));
    piece.remove_prefix(length);
    // The request line and the empty one are no fields.
    lines_ += text_.ends_with('\n') ? 1 : 0;
    if (text_.ends_with("\n\r\n"))
      state_ = head_state::whole;
    else if (text_.size() == head_bytes_max || lines_ > head_fields_max + 1)
      state_ = head_state::too_large;
  }
  left_over_ = piece.size();
  return state_;
}

std::optional<std::string_view> only_field(std::string_view head, std::string_view name) {
  std::optional<std::string_view> out;
  bool twice = false;
  for_fields(head, [&](std::string_view line) {
    if (!same_word(name_of(line), name))
      return;
    twice = out.has_value();
    out = trimmed(line.substr(std::min(line.find(':') + 1, line.size())));
  });
  return twice ? std::nullopt : out;
}

std::string without_field(std::string_view head, std::string_view name) {
  std::string out{head.substr(0, head.find('\n') == head.npos ? head.npos : head.find('\n') + 1)};
  for_fields(head, [&](std::string_view line) {
    if (!same_word(name_of(line), name))
      out.append(line);
  });
  return out;
}

bool is_own_host(std::string_view host) {
  std::string name{host};
  std::ranges::transform(name, name.begin(), lower);
  auto at = parse_address(name, true);
  if (!at)
    at = parse_address(name + ":0", true); // the port may be left out
  return at && at->is_loopback();
}

} // namespace truckee::http
