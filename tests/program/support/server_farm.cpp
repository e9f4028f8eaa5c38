#include "program/support/server_farm.hpp"

namespace truckee::test {

void server_farm::start_farm(bool tls) {
  tls_ = tls;
  if (tls) {
    arguments words{"certs", path("certs"), "client"};
    for (std::size_t i = 0; i < servers; ++i)
      words.push_back(name_of(i));
    ASSERT_EQ(truckee(words).code, 0);
  }
  for (std::size_t i = 0; i < servers; ++i)
    farm_[i] = &launch(i, "127.0.0.1:0");
  for (std::size_t i = 0; i < servers; ++i) {
    const auto line = farm_[i]->wait_for("listening on ");
    addresses_[i] = line.substr(0, line.find(' '));
  }
  write_grid();
}

process& server_farm::launch(std::size_t i, const std::string& listen) {
  const auto name = name_of(i);
  arguments words{"storage", "--directory", (stores() / name).string(), "--listen", listen, "--name", name};
  if (tls_)
    words.insert(words.end(), {"--ca", path("certs/ca.pem"), "--cert", path("certs/" + name + ".pem"),
                               "--key", path("certs/" + name + ".key")});
  words.insert(words.end(), server_options_.begin(), server_options_.end());
  return start(words);
}

void server_farm::restart(std::size_t server) {
  farm_[server] = &launch(server, addresses_[server]);
  farm_[server]->wait_for("listening on ");
}

std::string server_farm::id_of(std::size_t i) const {
  auto text = content("stores/" + name_of(i) + "/my_nodeid");
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

std::string server_farm::grid_entry(std::size_t i) const {
  return "[[server]]\nname = \"" + name_of(i) + "\"\ncaf = \"" + addresses_[i] + "\"\n";
}

std::string server_farm::tls_table(const std::string& name) const {
  return "[tls]\nca = \"certs/ca.pem\"\ncertificate = \"certs/" + name + ".pem\"\nkey = \"certs/" + name +
         ".key\"\n";
}

void server_farm::write_grid(const std::string& more) {
  std::string text;
  for (std::size_t i = 0; i < servers; ++i)
    text += grid_entry(i);
  if (tls_)
    text += tls_table();
  file("grid.toml", text + limits_ + more);
}

arguments server_farm::on_grid(arguments words) const {
  words.insert(words.begin(), {"--grid", path("grid.toml")});
  return words;
}

} // namespace truckee::test
