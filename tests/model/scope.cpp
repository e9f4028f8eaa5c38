#include "model/scope.hpp"

#include <stdexcept>

namespace truckee::model {

grid::strict_setting scope::setting() const {
  grid::strict_choice choice{k, n, {}, 0, rounds};
  for (std::uint8_t place = 0; place < places; ++place)
    choice.servers.emplace_back().data[0] = std::byte{place};
  return grid::strict_setting::make(std::move(choice)).value();
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
  };
  return all;
}

} // namespace truckee::model
