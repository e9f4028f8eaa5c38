#include "truckee/base/text.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/status/json_text.hpp"
#include "truckee/tls/certificates.hpp"
#include "truckee/tls/pin_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

struct certs_options {
  std::string directory;
  std::vector<std::string> names;
  std::string role = "any";
};

int certs(const certs_options& o, const global_options& global) {
  const auto made = tls::make_certificates(o.directory, o.names, tls::unix_now(), *tls::role_named(o.role));
  if (!made)
    return complain(made.error());
  if (global.json) {
    nlohmann::json out{
        {"ca", made->ca.string()}, {"ca_is_new", made->ca_is_new}, {"nodes", nlohmann::json::array()}};
    for (const auto& node : made->nodes)
      out["nodes"].push_back({{"name", node.name},
                              {"certificate", node.certificate.string()},
                              {"key", node.key.string()},
                              {"pin", tls::to_text(node.key_pin)}});
    return give(status::json_text(out));
  }
  auto text =
      std::string("CA ") + (made->ca_is_new ? "made" : "used") + ": " + escaped(made->ca.string()) + "\n";
  for (const auto& node : made->nodes)
    text += escaped(node.name + ": " + node.certificate.string() + ", " + node.key.string()) + "\n";
  return give(text + "Give each node its two files and ca.pem; keep ca.key where no node has it.\n");
}

} // namespace

void add_certs(CLI::App& app, program& p) {
  auto o = std::make_shared<certs_options>();
  auto* cmd = app.add_subcommand(
      "certs",
      "truckee certs /etc/truckee/certs alpha beta --role server\n"
      "truckee certs /etc/truckee/certs laptop --role client\n\n"
      "Makes certificates for mutual TLS between Truckee's own nodes. A certificate authority is made\n"
      "in DIR, or the one there is used; each name gets a certificate and a key. Storage servers are\n"
      "known by their names in the grid file, or by the address that is dialled. What a certificate\n"
      "is for, --role says; one that is for anything can be used as a server, and to ask servers.");
  cmd->add_option("DIR", o->directory, "Folder for the files; made when absent")->required();
  cmd->add_option("NAME", o->names, "Names of nodes")->required();
  cmd->add_option("--role", o->role, "What they are for: any, client, gateway, server or scraper")
      ->check(CLI::IsMember(std::vector<std::string>(tls::role_words.begin(), tls::role_words.end())))
      ->type_name("ROLE")
      ->capture_default_str();
  cmd->callback([&p, o] { p.run = [&p, o] { return certs(*o, p.options); }; });
}

} // namespace truckee::cli
