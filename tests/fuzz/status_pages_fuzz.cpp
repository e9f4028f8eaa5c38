#include "fuzz/bytes_reader.hpp"
#include "truckee/base/text.hpp"
#include "truckee/status/as_json.hpp"
#include "truckee/status/pages.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

using namespace truckee;
using namespace truckee::messages;

namespace {

/// Texts of the input; or, as `harmless`, letters in place of each: the same for the same, nothing for nothing.
class texts {
public:
  texts(fuzz::bytes_reader& from, bool harmless) : from_(from), harmless_(harmless) {}
  std::string operator()() {
    std::string out(from_.text(from_.byte() % 24));
    if (!harmless_ || out.empty())
      return out;
    return "word" + std::to_string(known_.emplace(out, known_.size()).first->second) + "x";
  }

private:
  fuzz::bytes_reader& from_;
  bool harmless_;
  std::map<std::string, std::size_t> known_;
};

double number(fuzz::bytes_reader& in) {
  return static_cast<double>(in.number()) / 7;
}

template <class Enum, std::size_t N>
Enum one_of(fuzz::bytes_reader& in, const std::array<std::string_view, N>&) {
  return static_cast<Enum>(in.byte() % N);
}

progress_event event(fuzz::bytes_reader& in, texts& text) {
  progress_event x;
  x.operation = in.number();
  x.kind = one_of<operation_kind>(in, operation_kind_words);
  x.slot = text();
  x.text = text();
  x.progress = number(in);
  x.bytes_total = in.number();
  x.started_ms = in.number();
  x.seconds = number(in);
  x.finished = in.byte() % 2;
  x.ok = in.byte() % 2;
  x.failure = one_of<errc>(in, errc_words);
  return x;
}

std::vector<progress_event> events(fuzz::bytes_reader& in, texts& text) {
  std::vector<progress_event> out;
  for (auto n = in.byte() % 3; n > 0; --n)
    out.push_back(event(in, text));
  return out;
}

status_reply status(fuzz::bytes_reader& in, texts& text) {
  status_reply x;
  x.running = events(in, text);
  x.waiting = events(in, text);
  x.recent = events(in, text);
  for (auto n = in.byte() % 4; n > 0; --n)
    x.servers.push_back(
        {text(), text(), text(), one_of<link_state>(in, link_state_words), text(), number(in), in.number()});
  x.keys_ready = in.byte();
  x.defaults = {in.byte(), in.byte(), in.byte()};
  return x;
}

publish_detail publish(fuzz::bytes_reader& in, texts& text) {
  publish_detail x;
  x.mode = one_of<publish_mode>(in, publish_mode_words);
  x.version = {in.number()};
  x.spread = {in.byte(), in.byte(), in.byte()};
  x.servers.push_back(text());
  for (auto n = in.byte() % 3; n > 0; --n)
    x.servers.push_back(text());
  const auto server = [&] { return static_cast<std::uint32_t>(in.byte() % x.servers.size()); };
  for (auto n = in.byte() % 4; n > 0; --n)
    x.shares.push_back(
        {server(), {in.byte()}, static_cast<grid::share_state>(in.byte() % grid::share_state_count)});
  for (auto n = in.byte() % 4; n > 0; --n) {
    server_message m;
    m.server = server();
    m.shares = in.byte();
    if (in.byte() % 2)
      m.outcome = one_of<server_outcome>(in, server_outcome_words);
    m.detail = text();
    m.seconds = number(in);
    x.messages.push_back(std::move(m));
  }
  return x;
}

operation_detail detail(fuzz::bytes_reader& in, texts& text) {
  operation_detail x;
  x.found = true;
  x.event = event(in, text);
  for (auto n = in.byte() % 4; n > 0; --n)
    x.stages.push_back({one_of<stage>(in, stage_words), number(in)});
  for (auto n = in.byte() % 4; n > 0; --n)
    x.problems.push_back({text(), one_of<server_outcome>(in, server_outcome_words), text(), number(in)});
  if (in.byte() % 2)
    x.publish = publish(in, text);
  return x;
}

/// All that is shown of one input.
struct shown {
  std::string overview, operation;
  std::vector<std::string> json, lines;
};

shown all_of(const std::uint8_t* data, std::size_t size, bool harmless) {
  fuzz::bytes_reader in(data, size);
  texts text(in, harmless);
  const auto now = status(in, text);
  const auto one = detail(in, text);
  using status::json_form;
  return {status::overview_page(now),
          status::operation_page(one),
          {status::as_json(now, json_form::indented), status::as_json(one, json_form::indented),
           status::servers_as_json(now)},
          {status::as_json(now, json_form::one_line), status::as_json(one, json_form::one_line),
           status::as_json(one.event, json_form::one_line)}};
}

void is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    fuzz::expect(length > 0);
    text.remove_prefix(length);
  }
}

/// No text adds markup: there is as much of it as with letters in the texts' place.
void has_the_markup_of(const std::string& page, const std::string& harmless) {
  is_utf8(page);
  for (const char mark : {'<', '>', '"', '\''})
    fuzz::expect(std::ranges::count(page, mark) == std::ranges::count(harmless, mark));
}

} // namespace

/// Whatever names and sentences hold, pages are UTF-8 in which no text is markup, and JSON is UTF-8 that parses; a line
/// of it is one line of ASCII.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto got = all_of(data, size, false);
  const auto harmless = all_of(data, size, true);
  has_the_markup_of(got.overview, harmless.overview);
  has_the_markup_of(got.operation, harmless.operation);
  for (const auto& text : got.json) {
    is_utf8(text);
    fuzz::expect(nlohmann::json::accept(text));
  }
  for (const auto& line : got.lines) {
    fuzz::expect(nlohmann::json::accept(line) && line.find('\n') == line.size() - 1);
    fuzz::expect(std::ranges::all_of(line, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
  return 0;
}
