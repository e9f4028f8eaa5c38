#include "model/scope.hpp"

#include "truckee/grid/strict/writer_note.hpp"

#include <stdexcept>

namespace truckee::model {

server_id site_id(std::uint8_t site) {
  server_id out;
  out.data[0] = std::byte{site};
  return out;
}

std::uint8_t site_of(const server_id& id) {
  return std::to_integer<std::uint8_t>(id.data[0]);
}

std::uint8_t scope::stage_of(std::uint8_t who) const {
  return who < stages.size() ? stages[who] : 0;
}

std::set<std::uint8_t> scope::all_stages() const {
  return stages.empty() ? std::set<std::uint8_t>{0} : std::set(stages.begin(), stages.end());
}

namespace {

grid::strict_choice choice_of(const scope& of, std::uint8_t stage) {
  std::vector<server_id> old;
  for (std::uint8_t place = 0; place < of.places; ++place)
    old.push_back(site_id(place));
  auto next = old;
  next.back() = site_id(of.places);
  grid::strict_choice out{of.k, of.n, stage > 2 ? next : old, 0, of.rounds};
  if (stage == 2 || stage == 3)
    out.others = stage > 2 ? old : next;
  return out;
}

} // namespace

grid::strict_setting scope::setting(std::uint8_t stage) const {
  auto choice = choice_of(*this, stage);
  for (const auto other : all_stages())
    if (other != stage) // one at most
      choice.neighbour = grid::hash_of(grid::strict_setting::make(choice_of(*this, other)).value());
  return grid::strict_setting::make(std::move(choice)).value();
}

std::vector<std::uint8_t> parse_stages(std::string_view words) {
  std::vector<std::uint8_t> out;
  for (const char letter : words)
    if (letter >= '1' && letter <= '4')
      out.push_back(static_cast<std::uint8_t>(letter - '0'));
    else if (letter != ' ')
      throw std::invalid_argument("a stage is 1, 2, 3 or 4");
  return out;
}

std::vector<std::vector<operation>> parse_clients(std::string_view words) {
  std::vector<std::vector<operation>> out(1);
  std::uint8_t update = 0;
  for (const char letter : words)
    switch (letter) {
    case 'w':
      out.back().push_back({wish::append, update++});
      break;
    case 'r':
      out.back().push_back({wish::confirmed_read});
      break;
    case 's':
      out.back().push_back({wish::settled_read});
      break;
    case 'f':
      out.back().push_back({wish::fill_in});
      break;
    case ' ':
      out.emplace_back();
      break;
    default:
      throw std::invalid_argument("a client's operations are w, r, s and f");
    }
  return out;
}

const std::vector<scope>& known_scopes() {
  static const std::vector<scope> all{
      {"pair", 1, 2, 2, 1, parse_clients("w w"), 2, 1, 1, 0, false},
      {"filling", 2, 3, 3, 1, parse_clients("w w f"), 1, 1, 0, 1, false},
      {"beginning", 1, 2, 2, 1, parse_clients("w w"), 1, 1, 1, 0, false, parse_stages("1 2")},
      {"changing sides", 1, 2, 2, 1, parse_clients("w w"), 1, 1, 1, 0, false, parse_stages("2 3")},
      {"ending", 1, 2, 2, 1, parse_clients("w w"), 1, 1, 1, 0, false, parse_stages("3 4")},
  };
  return all;
}

} // namespace truckee::model
